// What the process has in memory besides a model: program, libraries, the vocabulary as the runtime holds it, stacks.
#pragma once

#include "tools/footprint/child.h"
#include "tools/footprint/variant.h"

namespace tritwise {

struct ModelDescription;

// Measured: the peak of this program with a small network that has the same vocabulary and is stored in the same way,
// so that the same code is resident, less that network.
uint64_t MeasureProgram(const ModelDescription& model, const Variant& variant, int32_t threads,
                        const WorkFolder& folder);

// What a process prints that fills `context` with a model (tools/bench/memory.cc). Where the model is small, of several
// the one with the lowest peak: how much of the program and its libraries the system maps ahead differs by up to a MiB
// from run to run, before there is any model.
Json MeasureFilled(const std::string& path, const std::string& cache, int32_t threads, int64_t context);

}  // namespace tritwise
