// Rows of floats to rows of codes, for every linear whose product is an integer.
#pragma once

#include "runtime/ops/ops.h"

namespace tritwise::runtime {

// Columns of a row of codes for an int8 weight of `cols` columns: whole cache lines.
constexpr size_t PaddedInt8Cols(size_t cols) { return AlignUp(cols, kArenaAlignment); }

// `scratch` counts what BindQuantise takes from the beginning of both scratches.
ScratchSize QuantiseScratch(size_t rows, size_t padded_cols);
QuantiseStep BindQuantise(const ActivationQuantiser& quantiser, size_t cols, size_t padded_cols, size_t rows,
                          const Binding& binding);

// Norm, scale and round each of the first `rows` rows of x into `out`.
void QuantiseRows(const QuantiseStep& step, const RowMatrix& x, size_t rows, const QuantisedRows& out,
                  ThreadPool& pool);

}  // namespace tritwise::runtime
