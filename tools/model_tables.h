// What `inspect` prints for people.
#pragma once

#include <cstdint>
#include <string>

#include "tritwise/memory.h"
#include "tritwise/model.h"
#include "tritwise/status.h"

namespace tritwise {

// All about the file and each tensor, whose bytes are checked: nothing is printed where one is damaged.
Status PrintModel(const std::string& path, const Model& model);

// `cache`: bytes of one with `context` positions.
void PrintMemory(const MemoryReport& memory, uint64_t cache, int64_t context);

}  // namespace tritwise
