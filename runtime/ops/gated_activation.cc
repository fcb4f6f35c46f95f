// activation(gate) * up, from one value that holds both or from two.
#include "runtime/ops/ops.h"

namespace tritwise::runtime {

ScratchSize Scratch(const GatedActivationAttrs&, const OpPlace&) { return {}; }

GatedActivationStep Bind(const GatedActivationAttrs& attrs, const OpPlace& place, const Binding& binding) {
  GatedActivationStep step;
  step.kernel = binding.kernels.gate_row;
  step.kind = attrs.kind;
  step.y = binding.value(place.op.output);
  step.gate = binding.value(place.op.inputs[0]);
  step.up = binding.value(place.op.inputs.back());
  if (place.op.inputs.size() == 1) step.up.data += step.y.width;
  return step;
}

void Run(const GatedActivationStep& step, Pass& pass) {
  pass.pool.ForRanges(pass.rows, RowGrain(4 * step.y.width), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) {
      step.kernel(step.gate.row(i), step.up.row(i), step.y.width, step.kind, step.y.row(i));
    }
  });
}

std::string KernelNames(const GatedActivationAttrs&, const OpPlace&) { return "gate_row"; }

}  // namespace tritwise::runtime
