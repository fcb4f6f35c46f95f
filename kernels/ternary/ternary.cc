// Ternary products for every instruction set: the loops over blocks and tiles. What happens inside a block
// is in quad-inl.h (four-way dot product), rvv-inl.h, pair-inl.h (other vectors) or scalar-inl.h; a target has
// one of them. Layouts: decode-inl.h. Kernels without products: mask.cc; of the layout lut: lut.cc.
#include "kernels/ternary/ternary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ternary/ternary.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/export.h"
#include "kernels/common/lanes-inl.h"
#include "kernels/ternary/decode-inl.h"
#include "kernels/ternary/pair-inl.h"
#include "kernels/ternary/quad-inl.h"
#include "kernels/ternary/rvv-inl.h"
#include "kernels/ternary/scalar-inl.h"
#include "kernels/ternary/split-inl.h"
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
                sums + (block - block_begin) * kBlockRows);
  }
}

inline constexpr size_t kTileRows = 4;
inline constexpr size_t kGroupRows = 32;

// One block with the rows of a group, four at a time. `group_rows` >= 1.
template <class Layout>
HWY_INLINE void BlockRows(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>* group,
                          size_t group_rows, const int32_t* q_sums, int32_t* sums, size_t sums_stride) {
  size_t m = 0;
  for (; m + kTileRows <= group_rows; m += kTileRows) {
    BlockTile<Layout, kTileRows>(block, range, group + m, q_sums + m, sums + m * sums_stride, sums_stride);
  }
  const ActivationRow<Layout>* rest = group + m;
  q_sums += m;
  sums += m * sums_stride;
  switch (group_rows - m) {
    case 1:
      return BlockTile<Layout, 1>(block, range, rest, q_sums, sums, sums_stride);
    case 2:
      return BlockTile<Layout, 2>(block, range, rest, q_sums, sums, sums_stride);
    case 3:
      return BlockTile<Layout, 3>(block, range, rest, q_sums, sums, sums_stride);
    default:
      return;
  }
}

HWY_INLINE void AddSums(const int32_t* more, size_t rows, int32_t* sums, size_t sums_stride) {
  for (size_t m = 0; m < rows; ++m) {
    for (size_t r = 0; r < kBlockRows; ++r) sums[m * sums_stride + r] += more[m * kBlockRows + r];
  }
}

// The part of all sums that the columns of `range` make; those from 0 on begin the sums, others are added to them.
// `take` makes of a block's codes in that range what Layout reads.
template <class Layout, class Take>
HWY_INLINE void ManyRows(const uint8_t* codes, const TernaryGeometry& geometry, const ChunkRange& range,
                         const int8_t* q, size_t q_stride, const int32_t* q_sums, size_t rows, size_t block_begin,
                         size_t block_end, int32_t* sums, size_t sums_stride, const Take& take) {
  MatrixCodes matrix(codes, geometry);
  ActivationRow<Layout> group[kGroupRows];

  const size_t range_cols = (range.full_chunks * kChunk + range.last_bytes) * Layout::kFields;
  size_t most_rows = Layout::kGroupBytes / (range_cols + 1) / kTileRows * kTileRows;
  if (most_rows < kTileRows) most_rows = kTileRows;
  if (most_rows > kGroupRows) most_rows = kGroupRows;
  q += range.first * kChunk * Layout::kFields;
  for (size_t begin = 0; begin < rows; begin += most_rows) {
    const size_t group_rows = begin + most_rows < rows ? most_rows : rows - begin;
    for (size_t m = 0; m < group_rows; ++m) {
      group[m].Set(q + (begin + m) * q_stride, range.full_chunks, range.last_bytes);
    }
    for (size_t block = block_begin; block < block_end; ++block) {
      const BlockCodes block_codes = take(matrix.Block(block));
      int32_t* to = sums + begin * sums_stride + (block - block_begin) * kBlockRows;
      if (range.first == 0) {
        BlockRows<Layout>(block_codes, range, group, group_rows, q_sums + begin, to, sums_stride);
      } else {
        static constexpr int32_t kNothing[kGroupRows] = {};
        int32_t more[kGroupRows * kBlockRows];
        BlockRows<Layout>(block_codes, range, group, group_rows, kNothing, more, kBlockRows);
        AddSums(more, group_rows, to, sums_stride);
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

ChunkRange AllChunks(const TernaryGeometry& geometry) { return {0, geometry.full_chunks, geometry.last_chunk_bytes}; }

void TernaryRowsT2(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, size_t q_stride,
                   const int32_t* q_sums, size_t rows, size_t block_begin, size_t block_end, int32_t* sums,
                   size_t sums_stride) {
  ManyRows<T2>(codes, geometry, AllChunks(geometry), q, q_stride, q_sums, rows, block_begin, block_end, sums,
               sums_stride, [](const BlockCodes& block) TRITWISE_INLINE_LAMBDA { return block; });
}

void TernaryRowsT5(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, size_t q_stride,
                   const int32_t* q_sums, size_t rows, size_t block_begin, size_t block_end, int32_t* sums,
                   size_t sums_stride) {
#if TRITWISE_T5_LOOKUP
  SplitBlock split;
  for (size_t first = 0; first < geometry.chunks(); first += SplitBlock::kMostChunks) {
    const ChunkRange range = MakeChunkRange(geometry, first, SplitBlock::kMostChunks);
    ManyRows<T5Split>(codes, geometry, range, q, q_stride, q_sums, rows, block_begin, block_end, sums, sums_stride,
                      [&](const BlockCodes& block) TRITWISE_INLINE_LAMBDA {
                        return split.Take(range.Of(block), range.full_chunks, range.last_bytes);
                      });
  }
#else
  ManyRows<T5>(codes, geometry, AllChunks(geometry), q, q_stride, q_sums, rows, block_begin, block_end, sums,
               sums_stride, [](const BlockCodes& block) TRITWISE_INLINE_LAMBDA { return block; });
#endif
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
TRITWISE_EXPORT_KERNEL(TernaryRowT2)
TRITWISE_EXPORT_KERNEL(TernaryRowT5)
TRITWISE_EXPORT_KERNEL(TernaryRowsT2)
TRITWISE_EXPORT_KERNEL(TernaryRowsT5)
TRITWISE_EXPORT_KERNEL(ScaleSums)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
