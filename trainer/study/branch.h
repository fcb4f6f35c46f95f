// A new run folder that begins as another run's checkpoint: the same run up to there, as if trained again.
#pragma once

#include <filesystem>

#include "trainer/recipe/recipe.h"

namespace tritwise {

// Makes `folder`, which is not there yet, whole or not at all: the checkpoint with `recipe` in place of its
// own, and the lines of the other run's metrics up to it. To be gone on with as a resumed run. Throws Error,
// also where the two recipes differ in what decided the steps so far.
void BranchRun(const std::filesystem::path& from_folder, int64_t step, const Recipe& recipe,
               const std::filesystem::path& folder);

}  // namespace tritwise
