// JSON for a page's script: numbers no longer than can be seen, and text that cannot end its <script> element.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tritwise {

// Five digits, so that the page stays small; null where it is not finite.
nlohmann::ordered_json RoundedNumber(double value);

// ASCII only and without <, > and &.
std::string ScriptText(const nlohmann::ordered_json& value);

}  // namespace tritwise
