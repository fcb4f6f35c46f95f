// What the process has in memory besides a model: program, libraries, the vocabulary as the runtime holds it, stacks.
#pragma once

#include "tools/footprint/child.h"

namespace tritwise {

struct ModelDescription;

// Measured: the peak of this program with the smallest of networks that has the same vocabulary, less that network.
uint64_t MeasureProgram(const ModelDescription& model, int32_t threads, const WorkFolder& folder);

// The arguments of a process that fills `context` with a model and prints its peak (tools/bench/memory.cc).
std::vector<std::string> MemoryArguments(const std::string& path, const std::string& cache, int32_t threads,
                                         int64_t context);

}  // namespace tritwise
