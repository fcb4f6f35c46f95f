// A row of the table for each token.
#include "runtime/ops/ops.h"

namespace tritwise::runtime {

ScratchSize Scratch(const EmbeddingAttrs&, const OpPlace&) { return {}; }

EmbeddingStep Bind(const EmbeddingAttrs& attrs, const OpPlace& place, const Binding& binding) {
  const TensorSpec& spec = place.tensor(attrs.table);
  const TensorData table = binding.model.tensor(attrs.table);
  const kernels::Kernels& k = binding.kernels;
  EmbeddingStep step;
  step.storage = spec.storage;
  step.table = table.data.data();
  step.scales = table.scales.data();
  step.f32 = k.embed_f32;
  step.f16 = k.embed_f16;
  step.i8 = k.embed_i8;
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  if (IsNarrow(spec.storage)) {
    step.narrow = spec.storage == Storage::kI6 ? k.embed_i6 : k.embed_i4;
    step.narrow_geometry = MakeNarrowGeometry(spec.storage, rows, cols);
  } else if (IsTernary(spec.storage)) {
    step.ternary = spec.storage == Storage::kT2 ? k.embed_t2 : k.embed_t5;
    step.ternary_geometry = MakeTernaryGeometry(spec.storage, rows, cols);
    step.group_cols = static_cast<size_t>(spec.group);
  }
  step.y = binding.value(place.op.output);
  return step;
}

void Run(const EmbeddingStep& step, Pass& pass) {
  const size_t width = step.y.width;
  pass.pool.ForRanges(pass.rows, RowGrain(width), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) {
      const auto token = static_cast<size_t>(pass.states[i].token);
      const size_t element = token * width;
      float* y = step.y.row(i);
      switch (step.storage) {
        case Storage::kF32:
          step.f32(reinterpret_cast<const float*>(step.table) + element, width, y);
          break;
        case Storage::kF16:
          step.f16(reinterpret_cast<const uint16_t*>(step.table) + element, width, y);
          break;
        case Storage::kI8:
          step.i8(reinterpret_cast<const int8_t*>(step.table) + element, width, step.scales[token], y);
          break;
        case Storage::kI6:
        case Storage::kI4:
          step.narrow(reinterpret_cast<const uint8_t*>(step.table), step.narrow_geometry, token, y);
          break;
        case Storage::kT2:
        case Storage::kT5:
          step.ternary(reinterpret_cast<const uint8_t*>(step.table), step.ternary_geometry, step.scales,
                       step.group_cols, token, y);
          break;
        case Storage::kLut:
          break;  // of ternary linears only
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
    case Storage::kI8:
      return "embed_i8";
    case Storage::kI6:
      return "embed_i6";
    case Storage::kI4:
      return "embed_i4";
    case Storage::kT2:
      return "embed_t2";
    case Storage::kT5:
      return "embed_t5";
    case Storage::kLut:
      break;  // of ternary linears only
  }
  return {};
}

}  // namespace tritwise::runtime
