// A row of the table for each token.
#include "runtime/ops/ops.h"

namespace tritwise::runtime {

ScratchSize Scratch(const EmbeddingAttrs&, const OpPlace&) { return {}; }

EmbeddingStep Bind(const EmbeddingAttrs& attrs, const OpPlace& place, const Binding& binding) {
  const TensorData table = binding.model.tensor(attrs.table);
  EmbeddingStep step;
  step.storage = place.tensor(attrs.table).storage;
  step.table = table.data.data();
  step.scales = table.scales.data();
  step.f32 = binding.kernels.embed_f32;
  step.f16 = binding.kernels.embed_f16;
  step.i8 = binding.kernels.embed_i8;
  step.y = binding.value(place.op.output);
  return step;
}

void Run(const EmbeddingStep& step, Pass& pass) {
  const size_t width = step.y.width;
  pass.pool.ForRanges(pass.rows, RowGrain(width), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) {
      const auto token = static_cast<size_t>(pass.states[i].token);
      const size_t element = token * width;
      if (step.storage == Storage::kF32) {
        step.f32(reinterpret_cast<const float*>(step.table) + element, width, step.y.row(i));
      } else if (step.storage == Storage::kF16) {
        step.f16(reinterpret_cast<const uint16_t*>(step.table) + element, width, step.y.row(i));
      } else {
        step.i8(reinterpret_cast<const int8_t*>(step.table) + element, width, step.scales[token], step.y.row(i));
      }
    }
  });
}

std::string KernelNames(const EmbeddingAttrs& attrs, const OpPlace& place) {
  switch (place.tensor(attrs.table).storage) {
    case Storage::kF32:
      return "embed_f32";
    case Storage::kF16:
      return "embed_f16";
    default:
      return "embed_i8";
  }
}

}  // namespace tritwise::runtime
