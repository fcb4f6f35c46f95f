// A subcommand's arguments: a table of flags with their kinds, and the loop that fills them in.
//
// Words are read as the full command reads them: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, operands anywhere, "--"
// before operands that begin with '-'. Whatever follows a flag that takes a value is its value. Not a library: no
// nesting, no abbreviations.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "format/status.h"

namespace tritwise::minimal {

// What a flag writes to, and what it takes. The values that stand there are the defaults.
struct Switch {
  bool* value;
};
struct Integer {
  int64_t* value;
  int64_t least;
  int64_t most;
};
struct Unsigned {  // of 64 bits
  uint64_t* value;
};
struct Real {
  float* value;
  float least;
  float most;
};
struct Integers {  // with commas between
  std::vector<int64_t>* value;
  int64_t least;
  int64_t most;
};
struct Text {
  std::string* value;
  std::span<const std::string_view> choices = {};  // any where there are none
};
using Kind = std::variant<Switch, Integer, Unsigned, Real, Integers, Text>;

// A name without '-' is an operand: the words that are no flags fill the operands in their order.
struct Flag {
  std::string_view name;    // "--tokens"
  std::string_view letter;  // "-n", or none
  Kind kind;
  std::string_view help;
  bool required = false;
};

// One line that names the word and what would be right: unknown, twice, without a value, out of range, missing. Values
// may have changed where it fails. Ends at --help or -h without a look at the rest, and says so in `help`.
Status Parse(std::span<const char* const> words, std::span<const Flag> flags, bool* help);

// One line a flag, with its default.
std::string DescribeFlags(std::span<const Flag> flags);

}  // namespace tritwise::minimal
