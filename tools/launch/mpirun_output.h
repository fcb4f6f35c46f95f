// What mpirun says, read: which rank wrote a line (it runs with --tag-output), and of which rank's end its
// closing message tells. Open MPI's wording; what is not understood stays what it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tritwise {

struct RankLine {
  int rank = 0;
  bool to_stderr = false;
  std::string_view text;  // of the line given
};

// Nothing: the line is mpirun's own.
std::optional<RankLine> ParseRankLine(std::string_view line);

// True for what Open MPI's library prints in a rank ("[host:1234] *** An error occurred").
bool IsLibraryNoise(std::string_view text);

struct RankEnd {
  int rank = -1;     // -1: a whole host is gone
  std::string host;  // may be empty
  int signal = 0;    // that ended it; 0: it exited
  std::string name;  // of the signal, may be empty
  int exit_code = 0;
};

// From all lines that are mpirun's own.
std::optional<RankEnd> FindRankEnd(const std::string& mpirun_lines);

// The first paragraph of mpirun's own lines as one line; empty if there is none.
std::string FirstParagraph(const std::string& mpirun_lines);

}  // namespace tritwise
