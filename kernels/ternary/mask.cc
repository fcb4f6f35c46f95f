// Ternary products by additions and subtractions for every instruction set: the loops over tiles of columns, blocks
// and rows. What happens inside a block: mask-inl.h.
#include "kernels/ternary/ternary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ternary/mask.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/export.h"
#include "kernels/ternary/mask-inl.h"
#include "kernels/ternary/mask_rvv-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_RVV

template <class Layout>
HWY_INLINE void MaskOneRow(const uint8_t* codes, const TernaryGeometry& g, const int8_t* q, size_t block_begin,
                           size_t block_end, int32_t* sums) {
  MatrixCodes matrix(codes, g);
  ActivationRow<Layout> row;
  row.Set(q, g.full_chunks, g.last_chunk_bytes);
  const ChunkRange range = {0, g.full_chunks, g.last_chunk_bytes};
  for (size_t block = block_begin; block < block_end; ++block) {
    MaskBlock(matrix.Block(block), range, row, sums + (block - block_begin) * kBlockRows);
  }
}

#else

// Chunks whose split activations stay in the first-level cache: 16 KiB in t2, 20 in t5.
inline constexpr size_t kTileChunks = 32;

template <class Layout>
HWY_INLINE void MaskOneRow(const uint8_t* codes, const TernaryGeometry& g, const int8_t* q, size_t block_begin,
                           size_t block_end, int32_t* sums) {
  alignas(64) int8_t parts[kTileChunks * kPartsBytes<Layout>];
  MatrixCodes matrix(codes, g);
  ActivationRow<Layout> row;
  for (size_t first = 0; first < g.chunks(); first += kTileChunks) {
    const ChunkRange range = MakeChunkRange(g, first, kTileChunks);
    row.Set(q + first * kChunk * Layout::kFields, range.full_chunks, range.last_bytes);
    SplitActivations(row, range, parts);
    int32_t* out = sums;
    for (size_t block = block_begin; block < block_end; ++block) {
      int32_t of_rows[kBlockRows];
      MaskBlock(range.Of(matrix.Block(block)), range, row, parts, of_rows);
      for (size_t r = 0; r < kBlockRows; ++r, ++out) *out = first == 0 ? of_rows[r] : *out + of_rows[r];
    }
  }
}

#endif  // HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_RVV

// Row by row: additions are what takes time, and the four rows of a block share their loads of activations. (One row of
// weights with four of activations shares the masks instead; that was measured, and is a fifth slower.)
template <class Layout>
HWY_INLINE void MaskRows(const uint8_t* codes, const TernaryGeometry& g, const int8_t* q, size_t q_stride, size_t rows,
                         size_t block_begin, size_t block_end, int32_t* sums, size_t sums_stride) {
  for (size_t m = 0; m < rows; ++m) {
    MaskOneRow<Layout>(codes, g, q + m * q_stride, block_begin, block_end, sums + m * sums_stride);
  }
}

void TernaryRowT2Mask(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, int32_t,
                      size_t block_begin, size_t block_end, int32_t* sums) {
  MaskOneRow<T2>(codes, geometry, q, block_begin, block_end, sums);
}

void TernaryRowT5Mask(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, int32_t,
                      size_t block_begin, size_t block_end, int32_t* sums) {
  MaskOneRow<T5>(codes, geometry, q, block_begin, block_end, sums);
}

void TernaryRowsT2Mask(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, size_t q_stride,
                       const int32_t*, size_t rows, size_t block_begin, size_t block_end, int32_t* sums,
                       size_t sums_stride) {
  MaskRows<T2>(codes, geometry, q, q_stride, rows, block_begin, block_end, sums, sums_stride);
}

void TernaryRowsT5Mask(const uint8_t* codes, const TernaryGeometry& geometry, const int8_t* q, size_t q_stride,
                       const int32_t*, size_t rows, size_t block_begin, size_t block_end, int32_t* sums,
                       size_t sums_stride) {
  MaskRows<T5>(codes, geometry, q, q_stride, rows, block_begin, block_end, sums, sums_stride);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(TernaryRowT2Mask)
TRITWISE_EXPORT_KERNEL(TernaryRowT5Mask)
TRITWISE_EXPORT_KERNEL(TernaryRowsT2Mask)
TRITWISE_EXPORT_KERNEL(TernaryRowsT5Mask)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
