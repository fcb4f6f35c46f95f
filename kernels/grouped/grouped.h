// From integer sums over groups of columns to floats, where each group of a row has a scale of its own:
//   y[n] = (sum over groups g, ascending, of float(sums[g][n]) * scale[g][n]) * step + bias[n]
// For matrices whose sums another kernel makes, one group at a time (ternary embeddings and heads). Int6 and int4
// products do the same within their own kernel. Definition: kernels/grouped/reference.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::kernels {

// y[i] = y[i] + float(sums[i]) * scale[i]: a product rounded to f32, then a sum. y begins with zeros.
using AddScaledSumsFn = void (*)(const int32_t* sums, size_t n, const float* scale, float* y);
// y[i] = y[i] * step + bias[i], rounded twice; bias may be null.
using FinishRowFn = void (*)(size_t n, float step, const float* bias, float* y);

// sums[i*stride] = sum of q over columns [i*group_cols, (i+1)*group_cols) of `cols`; the last group may be shorter.
inline void SumGroups(const int8_t* q, size_t cols, size_t group_cols, int32_t* sums, size_t stride) {
  for (size_t begin = 0; begin < cols; begin += group_cols, sums += stride) {
    const size_t end = cols - begin < group_cols ? cols : begin + group_cols;
    int32_t sum = 0;
    for (size_t k = begin; k < end; ++k) sum += q[k];
    *sums = sum;
  }
}

}  // namespace tritwise::kernels
