// The sum of two values.
#include "runtime/ops/ops.h"

namespace tritwise::runtime {

ScratchSize Scratch(const AddAttrs&, const OpPlace&) { return {}; }

AddStep Bind(const AddAttrs&, const OpPlace& place, const Binding& binding) {
  return {binding.kernels.add_row, binding.value(place.op.inputs[0]), binding.value(place.op.inputs[1]),
          binding.value(place.op.output)};
}

void Run(const AddStep& step, Pass& pass) {
  pass.pool.ForRanges(pass.rows, RowGrain(step.y.width), [&](size_t begin, size_t end, size_t) {
    for (size_t i = begin; i < end; ++i) step.kernel(step.a.row(i), step.b.row(i), step.y.width, step.y.row(i));
  });
}

std::string KernelNames(const AddAttrs&, const OpPlace&) { return "add_row"; }

}  // namespace tritwise::runtime
