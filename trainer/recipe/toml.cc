#include "trainer/recipe/toml.h"

#include <fstream>
#include <sstream>

#include "trainer/error.h"

namespace tritwise {

std::string TomlPlace(const std::string& where, const toml::source_region& source) {
  if (source.begin.line == 0) return where;
  std::string place = where;
  place += ':';
  place += std::to_string(source.begin.line);
  return place;
}

toml::table ParseToml(const std::string& text, const std::string& where) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(TomlPlace(where, error.source()) + ": not valid TOML: " + std::string(error.description()));
  }
}

std::string ReadTomlText(const std::string& path, const char* what) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) throw Error(path + ": cannot read the " + what);
  return text.str();
}

}  // namespace tritwise
