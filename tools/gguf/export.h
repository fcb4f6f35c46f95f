// From a .trit file to a GGUF file that llama.cpp computes the same network from.
//
// Ternary matrices become blocks of the same trits in the type that is asked for; embedding, head and other plain
// matrices keep the precision that they have. Written tensor by tensor: memory is that of the largest ternary matrix.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/model_file.h"
#include "tools/gguf/blocks.h"

namespace tritwise {

// Where no type is given: tq2_0, or f16 for a network without ternary matrices. Returns what llama.cpp does otherwise,
// one line each, for the user to read. Throws Error: what has no place in llama.cpp, columns that a type's blocks do
// not divide.
std::vector<std::string> WriteGguf(const ModelFile& model, const std::string& path, std::optional<GgufType> type);

}  // namespace tritwise
