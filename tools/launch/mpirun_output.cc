#include "tools/launch/mpirun_output.h"

#include <charconv>
#include <regex>
#include <sstream>

namespace tritwise {

std::optional<RankLine> ParseRankLine(std::string_view line) {
  // "[1,0]<stderr>:text", job and rank.
  if (line.empty() || line.front() != '[') return std::nullopt;
  const size_t comma = line.find(',');
  const size_t close = line.find("]<std");
  if (comma == std::string_view::npos || close == std::string_view::npos || close < comma) return std::nullopt;
  RankLine result;
  const char* end = line.data() + close;
  const auto [after, error] = std::from_chars(line.data() + comma + 1, end, result.rank);
  if (error != std::errc() || after != end) return std::nullopt;
  const std::string_view rest = line.substr(close + 1);
  for (const std::string_view stream : {"<stdout>:", "<stderr>:"}) {
    if (rest.substr(0, stream.size()) != stream) continue;
    result.to_stderr = stream == "<stderr>:";
    result.text = rest.substr(stream.size());
    return result;
  }
  return std::nullopt;
}

bool IsLibraryNoise(std::string_view text) {
  static const std::regex process("^\\[[^\\]\\s]+:[0-9]+\\] ");
  return std::regex_search(text.begin(), text.end(), process) || text.substr(0, 20) == std::string(20, '-');
}

std::optional<RankEnd> FindRankEnd(const std::string& mpirun_lines) {
  std::string text = mpirun_lines;
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  static const std::regex signalled(
      "process rank ([0-9]{1,9}) with PID [0-9]+ on node (\\S+) exited on signal ([0-9]{1,9})(?: \\(([^)]*)\\))?");
  static const std::regex exited("Process name: *\\[\\[[0-9]+,[0-9]+\\],([0-9]{1,9})\\] *Exit code: *([0-9]{1,9})");
  static const std::regex lost("Remote daemon: *\\S+ on node (\\S+)");
  std::smatch match;
  if (std::regex_search(text, match, signalled)) {
    return RankEnd{std::stoi(match[1]), match[2], std::stoi(match[3]), match[4], 0};
  }
  if (std::regex_search(text, match, exited)) return RankEnd{std::stoi(match[1]), "", 0, "", std::stoi(match[2])};
  if (std::regex_search(text, match, lost)) return RankEnd{-1, match[1], 0, "", 0};
  return std::nullopt;
}

std::string FirstParagraph(const std::string& mpirun_lines) {
  std::istringstream lines(mpirun_lines);
  std::string paragraph;
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find_first_not_of(" \t*");
    const bool blank = first == std::string::npos || line.compare(first, 5, "-----") == 0;
    if (blank && !paragraph.empty()) break;
    if (blank) continue;
    if (!paragraph.empty()) paragraph += ' ';
    paragraph.append(line, first);
  }
  return paragraph;
}

}  // namespace tritwise
