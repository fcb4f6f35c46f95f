// Refuses a minus sign before a flag's value: unsigned values would wrap round without a word.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace tritwise {

inline CLI::Validator NotNegative() {
  return CLI::Validator([](std::string& text) { return text.find('-') == 0 ? "must not be negative" : ""; }, "", "");
}

}  // namespace tritwise
