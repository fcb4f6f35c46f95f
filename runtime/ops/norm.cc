// A norm that stands by itself (those in front of a ternary linear are part of it).
#include "runtime/ops/ops.h"

namespace tritwise::runtime {

ScratchSize Scratch(const NormAttrs&, const OpPlace&) { return {}; }

NormStep Bind(const NormAttrs& attrs, const OpPlace& place, const Binding& binding) {
  return {binding.kernels.norm_row,
          attrs.kind,
          attrs.eps,
          binding.floats(attrs.gain),
          binding.value(place.op.inputs[0]),
          binding.value(place.op.output)};
}

void Run(const NormStep& step, Pass& pass) {
  pass.pool.ForRanges(pass.rows, RowGrain(2 * step.y.width), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) {
      step.kernel(step.x.row(i), step.y.width, step.kind, step.eps, step.gain, step.y.row(i));
    }
  });
}

std::string KernelNames(const NormAttrs&, const OpPlace&) { return "norm_row"; }

}  // namespace tritwise::runtime
