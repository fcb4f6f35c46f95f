// A recipe for somebody who has only a text.
#pragma once

#include <cstdint>
#include <string>

#include "trainer/recipe/recipe.h"

namespace tritwise {

// A decoder whose vocabulary, size and number of steps fit `text_bytes` of text: from a small network and a
// few hundred steps for a short story to 10 million parameters for a shelf of books, about ten minutes of
// training on two cores at most.
Recipe DefaultTextRecipe(const std::string& path, uint64_t text_bytes);

}  // namespace tritwise
