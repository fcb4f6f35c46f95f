// A run's state on disk: one safetensors file with weights, moments, counters, recipe, graph and
// vocabulary, enough to resume the run bit for bit or to export the network, without any other file.
#pragma once

#include <cstdint>
#include <string>

#include "format/model_file.h"
#include "trainer/learner.h"
#include "trainer/loss_guard.h"
#include "trainer/recipe/recipe.h"

namespace tritwise {

struct Checkpoint {
  TrainState state;
  CodeHistory codes;  // as of the last look at them
  LossGuard::Memory losses;
  Recipe recipe;
  int threads = 0;               // that the run used, in each of
  int ranks = 1;                 // processes
  ModelDescription description;  // graph and vocabulary
};

// Atomic: the old file survives whatever goes wrong. Throws Error.
void WriteCheckpoint(const std::string& path, const Checkpoint& checkpoint);
Checkpoint ReadCheckpoint(const std::string& path);
// The step alone, without reading weights. Throws Error.
int64_t ReadCheckpointStep(const std::string& path);

}  // namespace tritwise
