// Plain linears whose weights have a scale for each group of columns (HasGroups): int6 and int4, and ternary ones.
// The part of ops/plain_linear.cc for those.
#pragma once

#include <string>

#include "runtime/ops/ops.h"

namespace tritwise::runtime {

ScratchSize GroupedScratch(const TensorSpec& weight, size_t rows);
GroupedStep BindGrouped(const PlainLinearAttrs& attrs, const OpPlace& place, const Binding& binding);
void RunGrouped(const GroupedStep& step, const RowMatrix& x, const RowMatrix& y, Pass& pass);
std::string GroupedKernelNames(Storage storage);

}  // namespace tritwise::runtime
