// Tensors of a model as C++ arrays, and the names that they get.
#pragma once

#include <cstdint>
#include <string>

#include "format/model_file.h"

namespace tritwise {

struct WeightSource {
  std::string header;
  std::string code;
};

// `space`: the namespace within tritwise.
WeightSource PrintWeights(const ModelFile& model, const std::string& space);

std::string TensorName(int32_t tensor);
std::string ScalesName(int32_t tensor);

}  // namespace tritwise
