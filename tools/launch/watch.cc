#include "tools/launch/watch.h"

#include <algorithm>
#include <charconv>

#include "tools/launch/mpirun_output.h"
#include "tools/launch/signals.h"

namespace tritwise {
namespace {

constexpr size_t kMostMpirunBytes = 1 << 16;
constexpr std::string_view kSaved = "stopped and saved";  // what train and study say after Ctrl-C
constexpr int kFailure = 1;
constexpr int kInterrupted = 130;

bool StartsWith(std::string_view text, std::string_view begin) { return text.substr(0, begin.size()) == begin; }

}  // namespace

void LaunchWatch::Line(std::string_view line) {
  const auto said = ParseRankLine(line);
  if (!said || IsLibraryNoise(said->text)) {
    if (mpirun_lines_.size() < kMostMpirunBytes) mpirun_lines_ += std::string(said ? said->text : line) + "\n";
    return;
  }
  const std::string text(said->text);
  if (said->to_stderr && StartsWith(text, kLaunchNote)) {
    Note(said->rank, said->text.substr(std::string_view(kLaunchNote).size()));
  } else if (said->rank != 0) {
    others_say_.emplace(text, said->rank);
  } else if (said->to_stderr) {
    last_of_first_ = text;
    options_.to_stderr(text);
  } else {
    options_.to_stdout(text);
  }
}

void LaunchWatch::Note(int rank, std::string_view note) {
  constexpr std::string_view kHost = "host ";
  constexpr std::string_view kCheckpoint = "checkpoint ";
  if (StartsWith(note, kHost)) hosts_[rank] = note.substr(kHost.size());
  if (!StartsWith(note, kCheckpoint)) return;
  note.remove_prefix(kCheckpoint.size());
  const size_t space = note.find(' ');
  if (space == std::string_view::npos) return;
  std::from_chars(note.data(), note.data() + space, checkpoint_step_);
  checkpoint_ = note.substr(space + 1);
}

std::string LaunchWatch::RankName(int rank, const std::string& host) const {
  const auto known = hosts_.find(rank);
  const std::string where = host.empty() && known != hosts_.end() ? known->second : host;
  if (rank < 0) return "host " + where;
  return "rank " + std::to_string(rank) + (where.empty() ? "" : " on host " + where);
}

std::string LaunchWatch::LastCheckpoint() const {
  if (checkpoint_.empty()) return "no checkpoint had been written";
  const int64_t step = std::max(checkpoint_step_, options_.step_of(checkpoint_).value_or(-1));
  const std::string folder = checkpoint_.substr(0, checkpoint_.rfind('/'));
  return "the last whole checkpoint is " + checkpoint_ + ", step " + std::to_string(step) + "; go on with" +
         (options_.study ? " the same command" : ": " + options_.go_on + " train --resume " + folder);
}

LaunchWatch::End LaunchWatch::Finish(int mpirun_code, bool ended_at_once) const {
  if (StartsWith(last_of_first_, kSaved)) return {kInterrupted, ""};
  if (ended_at_once) return {kInterrupted, "ended at once; " + LastCheckpoint()};
  if (mpirun_code == 0) return {0, ""};
  const auto end = FindRankEnd(mpirun_lines_);
  if (end && end->signal != 0) {
    return {kFailure, RankName(end->rank, end->host) + " was ended by signal " + std::to_string(end->signal) +
                          (end->name.empty() ? "" : " (" + end->name + ")") + "; " + LastCheckpoint()};
  }
  if (end && end->rank < 0) return {kFailure, RankName(-1, end->host) + " is gone; " + LastCheckpoint()};
  const int code = mpirun_code < 128 ? mpirun_code : kFailure;
  if (StartsWith(last_of_first_, "tritwise")) return {code, ""};
  if (!others_say_.empty()) {
    const auto& [text, rank] = *others_say_.begin();
    return {code, RankName(rank, "") + ": " + text + "; " + LastCheckpoint()};
  }
  if (end) {
    return {code, RankName(end->rank, "") + " ended with exit code " + std::to_string(end->exit_code) + "; " +
                      LastCheckpoint()};
  }
  const std::string why = FirstParagraph(mpirun_lines_);
  return {code, why.empty() ? "mpirun ended with exit code " + std::to_string(mpirun_code) : "mpirun: " + why};
}

}  // namespace tritwise
