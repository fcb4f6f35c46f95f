#include "tools/minimal/arguments.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace tritwise::minimal {
namespace {

bool IsOperand(const Flag& flag) { return flag.name[0] != '-'; }

// For %.*s: what comes from outside is cut where it would fill the line.
int Shown(std::string_view text) { return static_cast<int>(std::min<size_t>(text.size(), 120)); }

Status Wrong(const char* what, std::string_view word) {
  return Status::Error(StatusCode::kInvalidArgument, "%s \"%.*s\"", what, Shown(word), word.data());
}

Status WrongValue(std::string_view name, std::string_view text, const std::string& right) {
  return Status::Error(StatusCode::kInvalidArgument, "%.*s: \"%.*s\" is not %s", Shown(name), name.data(), Shown(text),
                       text.data(), right.c_str());
}

// The whole of `text` as `Convert` reads it; false also where it does not fit.
template <class T, class Convert>
bool Number(const std::string& text, T* value, Convert convert) {
  if (text.empty() || text[0] == ' ') return false;
  char* end = nullptr;
  errno = 0;
  *value = convert(text.c_str(), &end);
  return errno == 0 && *end == '\0' && end == text.c_str() + text.size();
}

bool ParseInteger(const std::string& text, int64_t least, int64_t most, int64_t* value) {
  return Number(text, value, [](const char* t, char** end) { return std::strtoll(t, end, 0); }) && *value >= least &&
         *value <= most;
}

std::string IntegerRange(int64_t least, int64_t most) { return std::to_string(least) + " to " + std::to_string(most); }

std::string RealText(float value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", static_cast<double>(value));
  return text;
}

// Reads a value into the kind of its flag.
struct Assign {
  std::string_view name;
  const std::string& text;

  Status operator()(const Switch& kind) const {
    *kind.value = true;
    return {};
  }
  Status operator()(const Integer& kind) const {
    if (ParseInteger(text, kind.least, kind.most, kind.value)) return {};
    return WrongValue(name, text, "a number from " + IntegerRange(kind.least, kind.most));
  }
  Status operator()(const Unsigned& kind) const {
    const auto convert = [](const char* t, char** end) { return std::strtoull(t, end, 0); };
    if (text.find('-') == std::string::npos && Number(text, kind.value, convert)) return {};
    return WrongValue(name, text, "a number of 64 bits that is not negative");
  }
  Status operator()(const Real& kind) const {
    const auto convert = [](const char* t, char** end) { return std::strtof(t, end); };
    if (Number(text, kind.value, convert) && *kind.value >= kind.least && *kind.value <= kind.most) return {};
    return WrongValue(name, text, "a number from " + RealText(kind.least) + " to " + RealText(kind.most));
  }
  Status operator()(const Integers& kind) const {
    kind.value->clear();
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      int64_t value = 0;
      if (!ParseInteger(text.substr(begin, end - begin), kind.least, kind.most, &value)) {
        return WrongValue(name, text, "numbers from " + IntegerRange(kind.least, kind.most) + ", as 1,2,4");
      }
      kind.value->push_back(value);
      begin = end + 1;
    }
    return {};
  }
  Status operator()(const Text& kind) const {
    std::string all;
    for (const std::string_view choice : kind.choices) {
      if (choice == text) all.clear();
      if (choice == text) break;
      all += (all.empty() ? "" : ", ") + std::string(choice);
    }
    if (!all.empty()) return WrongValue(name, text, "one of " + all);
    *kind.value = text;
    return {};
  }
};

// What stands there before anything is read, for the help.
struct DefaultText {
  std::string operator()(const Switch&) const { return {}; }
  std::string operator()(const Integer& kind) const { return std::to_string(*kind.value); }
  std::string operator()(const Unsigned& kind) const { return std::to_string(*kind.value); }
  std::string operator()(const Real& kind) const { return RealText(*kind.value); }
  std::string operator()(const Integers&) const { return {}; }
  std::string operator()(const Text& kind) const { return *kind.value; }
};

// A word taken apart: the flag it names, and the value that is glued to it.
struct Found {
  const Flag* flag = nullptr;
  bool has_value = false;
  std::string_view value;
};

Found Find(std::string_view word, std::span<const Flag> flags) {
  for (const Flag& flag : flags) {
    if (IsOperand(flag)) continue;
    if (word == flag.name || (!flag.letter.empty() && word == flag.letter)) return {&flag, false, {}};
    if (word.starts_with(flag.name) && word[flag.name.size()] == '=') {
      return {&flag, true, word.substr(flag.name.size() + 1)};
    }
    if (!flag.letter.empty() && word.starts_with(flag.letter)) return {&flag, true, word.substr(flag.letter.size())};
  }
  return {};
}

// Fills in words one at a time and remembers which flags have been given.
class Parser {
 public:
  explicit Parser(std::span<const Flag> flags) : flags_(flags), given_(flags.size(), false) {}

  Status Take(const Flag& flag, std::string_view value) {
    const auto index = static_cast<size_t>(&flag - flags_.data());
    if (given_[index] && !std::holds_alternative<Switch>(flag.kind)) {
      return Wrong("there is a second", flag.name);
    }
    given_[index] = true;
    const std::string text(value);
    return std::visit(Assign{flag.name, text}, flag.kind);
  }

  Status TakeOperand(std::string_view word) {
    for (size_t i = 0; i < flags_.size(); ++i) {
      if (IsOperand(flags_[i]) && !given_[i]) return Take(flags_[i], word);
    }
    return Wrong("there is a word too many:", word);
  }

  Status CheckRequired() const {
    for (size_t i = 0; i < flags_.size(); ++i) {
      if (!flags_[i].required || given_[i]) continue;
      return Status::Error(StatusCode::kInvalidArgument, "%.*s is required", Shown(flags_[i].name),
                           flags_[i].name.data());
    }
    return {};
  }

 private:
  std::span<const Flag> flags_;
  std::vector<bool> given_;
};

}  // namespace

Status Parse(std::span<const char* const> words, std::span<const Flag> flags, bool* help) {
  Parser parser(flags);
  bool only_operands = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (only_operands || word.size() < 2 || word[0] != '-') {
      TRITWISE_RETURN_IF_ERROR(parser.TakeOperand(word));
      continue;
    }
    if (word == "--") {
      only_operands = true;
      continue;
    }
    *help = word == "--help" || word == "-h";
    if (*help) return {};
    const Found found = Find(word, flags);
    if (found.flag == nullptr) return Wrong("there is no flag", word);
    const bool is_switch = std::holds_alternative<Switch>(found.flag->kind);
    if (is_switch && found.has_value) return Wrong("no value goes with", found.flag->name);
    const bool value_follows = !is_switch && !found.has_value;
    if (value_follows && i + 1 == words.size()) return Wrong("a value is missing behind", found.flag->name);
    TRITWISE_RETURN_IF_ERROR(parser.Take(*found.flag, value_follows ? words[++i] : found.value));
  }
  return parser.CheckRequired();
}

std::string DescribeFlags(std::span<const Flag> flags) {
  constexpr size_t kColumn = 22;
  std::string text;
  for (const Flag& flag : flags) {
    std::string line = "  " + std::string(flag.letter) + (flag.letter.empty() ? "" : ", ") + std::string(flag.name);
    line.resize(std::max(line.size() + 2, kColumn), ' ');
    line += flag.help;
    const std::string value = std::visit(DefaultText{}, flag.kind);
    if (flag.required) line += " (required)";
    if (!flag.required && !value.empty()) line += " (default: " + value + ")";
    text += line + "\n";
  }
  return text;
}

}  // namespace tritwise::minimal
