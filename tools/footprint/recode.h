// The same model stored otherwise, from a file of it.
#pragma once

#include <string>
#include <vector>

#include "format/model_file.h"
#include "tools/footprint/variant.h"

namespace tritwise {

// The values that the bytes of a tensor stand for, row after row.
std::vector<float> Dequantise(const TensorSpec& spec, const TensorData& data);

// Writes `base` as `variant`, tensor by tensor. Trits keep their values and scales in every layout, and are written as
// code times scale where linears are no longer ternary: so it is the network that was trained, not the 16-bit weights
// that it was trained with. Other matrices are rounded from what `base` has. Throws Error; Interrupted between tensors.
void WriteVariant(const ModelFile& base, const Variant& variant, const std::string& path);

}  // namespace tritwise
