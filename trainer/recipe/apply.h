// What reading a recipe is made of, for files that hold a recipe among other things (trainer/study/).
#pragma once

#include <string>
#include <vector>

#include "trainer/recipe/recipe.h"
#include "trainer/recipe/toml.h"

namespace tritwise {

// Both throw Error with `where` and the line. The sections of `root` onto `recipe`; refuses keys that are not a
// recipe's.
void ApplySections(const toml::table& root, const std::string& where, Recipe& recipe);
// "section.key=value", as --set takes it.
void ApplyOverride(const std::string& text, Recipe& recipe);

}  // namespace tritwise
