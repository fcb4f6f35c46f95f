#include "tools/report/script_json.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tritwise {

using Json = nlohmann::ordered_json;

Json RoundedNumber(double value) {
  if (!std::isfinite(value)) return nullptr;
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific, 4).ptr;
  double rounded = 0.0;
  std::from_chars(text, end, rounded);
  return rounded;
}

std::string ScriptText(const Json& value) {
  std::string text;
  for (const char c : value.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    switch (c) {
      case '<':
        text += "\\u003c";
        break;
      case '>':
        text += "\\u003e";
        break;
      case '&':
        text += "\\u0026";
        break;
      default:
        text += c;
    }
  }
  return text;
}

}  // namespace tritwise
