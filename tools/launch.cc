// `tritwise launch`: trains with several processes, on one host or many, by Open MPI's mpirun.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "tools/commands.h"
#include "tools/launch/mpirun_command.h"
#include "tools/launch/process.h"
#include "tools/launch/watch.h"
#include "trainer/checkpoint.h"
#include "trainer/distributed/communicator.h"

namespace tritwise {
namespace {

struct LaunchArguments {
  LaunchPlan plan;
  bool dry_run = false;
};

void PrintTo(std::FILE* file, const std::string& line) {
  std::fprintf(file, "%s\n", line.c_str());
  std::fflush(file);
}

std::optional<int64_t> StepOf(const std::string& checkpoint) {
  try {
    return ReadCheckpointStep(checkpoint);
  } catch (const Error&) {
    return std::nullopt;  // on another host
  }
}

void Launch(const LaunchArguments& a) {
  const LaunchPlan& plan = a.plan;
  const std::string& name = plan.command.front();
  if (name != "train" && name != "study") {
    throw UsageError("\"" + name + "\" does not run as several processes; give train or study after --");
  }
  if (!HasMpi()) throw Error("there is no MPI in this build; build it where libopenmpi-dev is installed");
  if (!plan.hostfile.empty() && access(plan.hostfile.c_str(), R_OK) != 0) {
    throw Error(plan.hostfile + ": cannot read this file of hosts (one a line: \"NAME slots=RANKS\")");
  }
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::vector<std::string> command = MpirunCommand(plan, FindMpirun(), program, geteuid() == 0);
  if (a.dry_run) return PrintTo(stdout, ShellText(command));

  LaunchWatchOptions options;
  options.go_on = LaunchText(plan);
  options.study = name == "study";
  options.step_of = StepOf;
  options.to_stdout = [](const std::string& line) { PrintTo(stdout, line); };
  options.to_stderr = [](const std::string& line) { PrintTo(stderr, line); };
  LaunchWatch watch(options);
  ProcessEvents events;
  events.line = [&](std::string_view line) { watch.Line(line); };
  events.can_stop = [&] { return watch.ranks_started() == static_cast<size_t>(plan.ranks); };
  const ProcessEnd ended = RunProcess(command, events);
  const LaunchWatch::End end = watch.Finish(ended.code, ended.ended_at_once);
  if (!end.message.empty()) PrintTo(stderr, "tritwise launch: " + end.message);
  if (end.code != 0) throw ExitWith{end.code};
}

}  // namespace

void AddLaunch(CLI::App& app) {
  auto a = std::make_shared<LaunchArguments>();
  CLI::App* command = app.add_subcommand("launch", "Train with several processes, on one host or many (Open MPI)");
  command->add_option("-n,--ranks", a->plan.ranks, "Processes")->required()->check(CLI::Range(1, 65536));
  command->add_option("--hostfile", a->plan.hostfile, "Hosts, one a line: NAME slots=RANKS (default: this host)");
  command
      ->add_option("--threads-per-rank", a->plan.threads_per_rank,
                   "Worker threads of each (default: the host's cores, shared among its processes)")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--dry-run", a->dry_run, "Print the mpirun command and do nothing");
  command->add_option("command", a->plan.command, "After --: train or study, with its arguments")->required();
  command->footer(
      "Examples:\n  tritwise launch -n 2 -- train recipes/king-james.toml --out runs/two\n"
      "  tritwise launch -n 8 --hostfile hosts --threads-per-rank 16 -- train --resume runs/two");
  command->callback([a] { Launch(*a); });
}

}  // namespace tritwise
