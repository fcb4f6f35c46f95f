// From master weights to a .trit file: codes and scales in place of the weights, nothing else changed.
#pragma once

#include <span>
#include <string>

#include "format/model_file.h"
#include "trainer/checkpoint.h"
#include "trainer/quantiser.h"

namespace tritwise {

// What becomes of the matrices of a network.
struct ExportOptions {
  Storage layout = Storage::kT2;  // ternary matrices: t2, t5 or lut; f16 or int8: the network without ternary linears
  Storage head = Storage::kI8;    // embedding and head: any storage
  bool quantise_now = false;      // also where training has not made the network fully ternary
};

// Writes description.graph, whose tensors say how each is stored, from f32 `weights` (ParameterLayout of the
// graph). Throws Error.
void WriteWeights(const std::string& path, const ModelDescription& description, std::span<const float> weights,
                  WeightMeasure measure);

// True once the last step of the state was made with ternary weights at full strength.
bool IsFullyTernary(const Recipe& recipe, int64_t steps_done);

// The 16-bit network has the norms of the ternary linears once there were any. Throws Error, with the
// option to give, for a ternary layout of a network that is not fully ternary.
void ExportCheckpoint(const Checkpoint& checkpoint, const std::string& path, const ExportOptions& options);

}  // namespace tritwise
