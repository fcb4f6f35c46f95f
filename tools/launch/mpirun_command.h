// The mpirun command that starts the ranks of a run, with what Open MPI must be told to behave.
#pragma once

#include <string>
#include <vector>

namespace tritwise {

struct LaunchPlan {
  int ranks = 1;
  std::string hostfile;              // empty: all on this host
  int threads_per_rank = 0;          // 0: each host's cores, shared among its ranks
  std::vector<std::string> command;  // train or study, and its arguments
};

// "tritwise launch -n 2 --": what is typed before the command.
std::string LaunchText(const LaunchPlan& plan);

// `mpirun` and `program` are paths, `root` whether this process is root's.
std::vector<std::string> MpirunCommand(const LaunchPlan& plan, const std::string& mpirun, const std::string& program,
                                       bool root);

// Path of Open MPI's mpirun or mpiexec. Throws Error where there is none, or another MPI's.
std::string FindMpirun();

// For a shell: words with quotes where they need some.
std::string ShellText(const std::vector<std::string>& words);

}  // namespace tritwise
