// What reading a recipe is made of, for files that hold a recipe among other things (trainer/study/).
#pragma once

#include <string>
#include <toml++/toml.h>
#include <vector>

#include "trainer/recipe/recipe.h"

namespace tritwise {

// The text of a TOML file; `what` it should hold is for the message: "cannot read the recipe".
std::string ReadTomlText(const std::string& path, const char* what);
// All of these throw Error with `where` and the line.
toml::table ParseToml(const std::string& text, const std::string& where);
// The sections of `root` onto `recipe`; refuses keys that are not a recipe's.
void ApplySections(const toml::table& root, const std::string& where, Recipe& recipe);
// "section.key=value", as --set takes it.
void ApplyOverride(const std::string& text, Recipe& recipe);

// "FILE:LINE" of something read from a file.
std::string TomlPlace(const std::string& where, const toml::source_region& source);

}  // namespace tritwise
