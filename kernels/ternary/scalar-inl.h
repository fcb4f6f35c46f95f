// Ternary products on a target without vectors: the loops of kernels/ternary/scalar.h, on blocks as the other kernels
// see them.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
#undef TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
#endif
// clang-format on

#include "kernels/ternary/decode-inl.h"
#include "kernels/ternary/scalar.h"

#if HWY_TARGET == HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

template <class Layout>
HWY_INLINE void BlockOneRow(const BlockCodes& block, size_t full_chunks, size_t last_bytes,
                            const ActivationRow<Layout>& row, int32_t q_sum, int32_t* sums) {
  scalar::BlockSums total;
  for (size_t chunk = 0; chunk < full_chunks; ++chunk) {
    scalar::AddChunk<Layout::kStorage>(block.chunks + chunk * kBlockRows * kChunk, kChunk, kChunk,
                                       row.chunks + chunk * Layout::kFields * kChunk, kChunk, total);
  }
  if (last_bytes != 0) {
    scalar::AddChunk<Layout::kStorage>(block.last, block.last_stride, last_bytes, row.last, kChunk, total);
  }
  scalar::StoreSums(total, q_sum, sums);
}

template <class Layout, size_t kRows>
HWY_INLINE void BlockTile(const BlockCodes& block, const ChunkRange& range, const ActivationRow<Layout>* rows,
                          const int32_t* q_sums, int32_t* sums, size_t sums_stride) {
  for (size_t m = 0; m < kRows; ++m) {
    BlockOneRow(block, range.full_chunks, range.last_bytes, rows[m], q_sums[m], sums + m * sums_stride);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET == HWY_SCALAR

#endif  // TRITWISE_KERNELS_TERNARY_SCALAR_INL_H_
