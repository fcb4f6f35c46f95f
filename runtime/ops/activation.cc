// An activation function, element by element.
#include "runtime/ops/ops.h"

namespace tritwise::runtime {

ScratchSize Scratch(const ActivationAttrs&, const OpPlace&) { return {}; }

ActivationStep Bind(const ActivationAttrs& attrs, const OpPlace& place, const Binding& binding) {
  return {binding.kernels.activate_row, attrs.kind, binding.value(place.op.inputs[0]), binding.value(place.op.output)};
}

void Run(const ActivationStep& step, Pass& pass) {
  pass.pool.ForRanges(pass.rows, RowGrain(2 * step.y.width), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) step.kernel(step.x.row(i), step.y.width, step.kind, step.y.row(i));
  });
}

std::string KernelNames(const ActivationAttrs&, const OpPlace&) { return "activate_row"; }

}  // namespace tritwise::runtime
