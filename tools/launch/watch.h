// Makes sense of a launched run from the lines that come out of mpirun: passes on what rank 0 says, keeps back
// the rest, and at the end says in one line what happened if nobody has.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tritwise {

struct LaunchWatchOptions {
  std::string go_on;  // to type before "train --resume FOLDER"
  bool study = false;
  // The step of a checkpoint where it can be read here: a rank may be killed before it says what it wrote.
  std::function<std::optional<int64_t>(const std::string& path)> step_of;
  std::function<void(const std::string& line)> to_stdout;
  std::function<void(const std::string& line)> to_stderr;
};

class LaunchWatch {
 public:
  explicit LaunchWatch(LaunchWatchOptions options) : options_(std::move(options)) {}

  // A line of mpirun's standard output or error, without its end.
  void Line(std::string_view line);
  // So many ranks have started and would notice the signal to stop.
  size_t ranks_started() const { return hosts_.size(); }

  struct End {
    int code = 0;         // for the launcher to end with
    std::string message;  // what went wrong; empty: it has been said, or nothing did
  };
  // When mpirun has ended, with this exit code (128 + signal where a signal ended it). `ended_at_once`: by us.
  End Finish(int mpirun_code, bool ended_at_once) const;

 private:
  void Note(int rank, std::string_view note);
  std::string RankName(int rank, const std::string& host) const;
  std::string LastCheckpoint() const;

  LaunchWatchOptions options_;
  std::map<int, std::string> hosts_;
  int64_t checkpoint_step_ = -1;
  std::string checkpoint_;
  std::string last_of_first_;              // rank 0's last line on standard error
  std::map<std::string, int> others_say_;  // line, and the first rank that said it
  std::string mpirun_lines_;
};

}  // namespace tritwise
