// Ternary products for every instruction set: the loops over blocks and tiles. What happens inside a block
// is in quad-inl.h (four-way dot product), pair-inl.h (other vectors) or scalar-inl.h; a target has one of
// them. Layouts: decode-inl.h.
#include "kernels/ternary/ternary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ternary/ternary.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/lanes-inl.h"
#include "kernels/ternary/decode-inl.h"
#include "kernels/ternary/pair-inl.h"
#include "kernels/ternary/quad-inl.h"
#include "kernels/ternary/scalar-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class Layout>
HWY_INLINE void OneRow(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, int32_t q_sum,
                       size_t block_begin, size_t block_end, int32_t* sums) {
  MatrixCodes matrix(codes, geometry);
  ActivationRow<Layout> row;
  row.Set(q, geometry.full_chunks, geometry.last_chunk_bytes);
  for (size_t block = block_begin; block < block_end; ++block) {
    BlockOneRow(matrix.Block(block), geometry.full_chunks, geometry.last_chunk_bytes, row, q_sum,
                sums + block * kBlockRows);
  }
}

// Activations that stay in the nearest cache while the weights pass by.
inline constexpr size_t kGroupBytes = 24 * 1024;
inline constexpr size_t kGroupRows = 16;
inline constexpr size_t kTileRows = 4;

template <class Layout>
HWY_INLINE void ManyRows(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, size_t q_stride,
                         const int32_t* q_sums, size_t rows, size_t block_begin, size_t block_end, int32_t* sums,
                         size_t sums_stride) {
  const size_t full_chunks = geometry.full_chunks;
  const size_t last_bytes = geometry.last_chunk_bytes;
  MatrixCodes matrix(codes, geometry);
  ActivationRow<Layout> group[kGroupRows];

  size_t group_rows = kGroupBytes / (geometry.padded_cols + 1) / kTileRows * kTileRows;
  if (group_rows < kTileRows) group_rows = kTileRows;
  if (group_rows > kGroupRows) group_rows = kGroupRows;
  for (size_t begin = 0; begin < rows; begin += group_rows) {
    const size_t end = begin + group_rows < rows ? begin + group_rows : rows;
    for (size_t m = begin; m < end; ++m) group[m - begin].Set(q + m * q_stride, full_chunks, last_bytes);
    for (size_t block = block_begin; block < block_end; ++block) {
      const BlockCodes block_codes = matrix.Block(block);
      for (size_t m = begin; m < end; m += kTileRows) {
        const ActivationRow<Layout>* tile = group + (m - begin);
        int32_t* y = sums + m * sums_stride + block * kBlockRows;
        switch (end - m) {
          case 1:
            BlockTile<Layout, 1>(block_codes, full_chunks, last_bytes, tile, q_sums + m, y, sums_stride);
            break;
          case 2:
            BlockTile<Layout, 2>(block_codes, full_chunks, last_bytes, tile, q_sums + m, y, sums_stride);
            break;
          case 3:
            BlockTile<Layout, 3>(block_codes, full_chunks, last_bytes, tile, q_sums + m, y, sums_stride);
            break;
          default:
            BlockTile<Layout, kTileRows>(block_codes, full_chunks, last_bytes, tile, q_sums + m, y, sums_stride);
        }
      }
    }
  }
}

void TernaryRowT2(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, int32_t q_sum,
                  size_t block_begin, size_t block_end, int32_t* sums) {
  OneRow<T2>(codes, geometry, q, q_sum, block_begin, block_end, sums);
}

void TernaryRowT5(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, int32_t q_sum,
                  size_t block_begin, size_t block_end, int32_t* sums) {
  OneRow<T5>(codes, geometry, q, q_sum, block_begin, block_end, sums);
}

void TernaryRowsT2(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, size_t q_stride,
                   const int32_t* q_sums, size_t rows, size_t block_begin, size_t block_end, int32_t* sums,
                   size_t sums_stride) {
  ManyRows<T2>(codes, geometry, q, q_stride, q_sums, rows, block_begin, block_end, sums, sums_stride);
}

void TernaryRowsT5(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, size_t q_stride,
                   const int32_t* q_sums, size_t rows, size_t block_begin, size_t block_end, int32_t* sums,
                   size_t sums_stride) {
  ManyRows<T5>(codes, geometry, q, q_stride, q_sums, rows, block_begin, block_end, sums, sums_stride);
}

void ScaleSums(const int32_t* sums, size_t n, float step, const float* scale, size_t scale_stride, const float* bias,
               float* y) {
  for (size_t i = 0; i < n; i += kLanes) {
    F32x16 factor = Set16(step);
    if (scale_stride == 0) {
      factor = Mul16(factor, Set16(scale[0]));
    } else if (scale_stride == 1) {
      factor = Mul16(factor, Load16(scale + i, n - i));
    } else {
      alignas(64) float spread[kLanes] = {};
      for (size_t j = 0; j < kLanes && i + j < n; ++j) spread[j] = scale[(i + j) * scale_stride];
      factor = Mul16(factor, Load16(spread));
    }
    F32x16 value = Mul16(Load16(sums + i, n - i), factor);
    if (bias != nullptr) value = Add16(value, Load16(bias + i, n - i));
    Store16(value, y + i, n - i);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
HWY_EXPORT(TernaryRowT2);
HWY_EXPORT(TernaryRowT5);
HWY_EXPORT(TernaryRowsT2);
HWY_EXPORT(TernaryRowsT5);
HWY_EXPORT(ScaleSums);
TernaryRowT2Fn ResolveTernaryRowT2() { return HWY_DYNAMIC_POINTER(TernaryRowT2); }
TernaryRowT5Fn ResolveTernaryRowT5() { return HWY_DYNAMIC_POINTER(TernaryRowT5); }
TernaryRowsT2Fn ResolveTernaryRowsT2() { return HWY_DYNAMIC_POINTER(TernaryRowsT2); }
TernaryRowsT5Fn ResolveTernaryRowsT5() { return HWY_DYNAMIC_POINTER(TernaryRowsT5); }
ScaleSumsFn ResolveScaleSums() { return HWY_DYNAMIC_POINTER(ScaleSums); }
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
