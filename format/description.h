// Between ModelDescription and the FlatBuffer of model.fbs. Internal to format/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "format/model_file.h"

namespace tritwise {

// Which segments hold a tensor.
struct TensorSegments {
  uint32_t data = 0;
  uint32_t scales = 0;  // meaningless where the tensor has no scales
};

struct ParsedDescription {
  ModelDescription description;
  std::vector<TensorSegments> tensors;
  std::vector<SegmentPlace> segments;  // offsets from the first segment
};

// `tensors` and `segments` may be empty (a checkpoint's description).
std::vector<std::byte> BuildDescription(const ModelDescription& description, std::span<const TensorSegments> tensors,
                                        std::span<const SegmentPlace> segments);

// Runs the FlatBuffers verifier and translates. Enum values that this build does not know are errors; whether
// the graph makes sense is left to format/verify.h.
Result<ParsedDescription> ParseFlatBuffer(std::span<const std::byte> bytes, const std::string& where);

}  // namespace tritwise
