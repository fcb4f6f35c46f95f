// Ternary products of the layout lut for every instruction set: the loops over tiles, rows and blocks. What happens
// with a block of a tile: lut-inl.h.
#include "kernels/ternary/ternary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ternary/lut.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/export.h"
#include "kernels/ternary/lut-inl.h"
#include "kernels/ternary/lut_rvv-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

// Tiles are the outer loop, because their tables are what must stay near. With many rows, each row's tables meet the
// tile's blocks in turn; those come from a cache from the second row on.
void TernaryRowsLut(const uint8_t* codes, const TernaryGeometry& g, const int8_t* q, size_t q_stride, const int32_t*,
                    size_t rows, size_t block_begin, size_t block_end, int32_t* sums, size_t sums_stride) {
  LutTables tables;
  for (size_t m = 0; m < rows; ++m) {
    std::memset(sums + m * sums_stride, 0, (block_end - block_begin) * kLutBlockRows * sizeof(int32_t));
  }
  const uint8_t* tile_codes = codes;
  for (size_t tile = 0; tile < g.chunks(); ++tile) {
    const size_t block_bytes = g.chunk_bytes(tile) * kLutBlockRows;
    const size_t units = block_bytes / kLutUnitBytes;
    for (size_t m = 0; m < rows; ++m) {
      tables.Make(q + m * q_stride + tile * kLutTileCols, units);
      int32_t* out = sums + m * sums_stride;
      for (size_t block = block_begin; block < block_end; ++block, out += kLutBlockRows) {
        AddLutBlock(tile_codes + block * block_bytes, units, tables, out);
      }
    }
    tile_codes += g.blocks * block_bytes;
  }
}

void TernaryRowLut(const uint8_t* codes, const TernaryGeometry& g, const int8_t* q, int32_t q_sum, size_t block_begin,
                   size_t block_end, int32_t* sums) {
  TernaryRowsLut(codes, g, q, 0, &q_sum, 1, block_begin, block_end, sums, 0);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(TernaryRowLut)
TRITWISE_EXPORT_KERNEL(TernaryRowsLut)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
