// Which tensors of a Hugging Face folder a tensor of our decoder is made of.
//
// Query, key and value are one matrix here and three there, gate and up one and two; the rows are the same,
// in this order. Rotary pairs are (i, i + head_size / 2) in both, so no row changes its place.
#pragma once

#include <string>
#include <vector>

#include "format/families/decoder.h"
#include "format/graph.h"

namespace tritwise {

struct NamedRows {
  std::string name;
  int64_t rows = 0;
};

// From top to bottom. None for a tensor that has no counterpart there: the gain within a ternary linear.
std::vector<NamedRows> HuggingFaceParts(const TensorSpec& tensor, const DecoderConfig& config);

}  // namespace tritwise
