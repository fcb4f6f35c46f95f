// Rows of an embedding table for every instruction set.
#include "kernels/embedding/embedding.h"

#include "format/half.h"
#include "kernels/common/export.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/embedding/embedding.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void EmbedF32(const float* row, size_t width, float* y) { std::memcpy(y, row, width * sizeof(float)); }

void EmbedF16(const uint16_t* row, size_t width, float* y) {
  for (size_t i = 0; i < width; i += kLanes) Store16(Load16(row + i, width - i), y + i, width - i);
}

void EmbedI8(const int8_t* row, size_t width, float scale, float* y) {
  const F32x16 factor = Set16(scale);
  for (size_t i = 0; i < width; i += kLanes) {
    Store16(Mul16(Load16(row + i, width - i), factor), y + i, width - i);
  }
}

void EmbedNarrow(const uint8_t* data, const NarrowGeometry& g, size_t row, float* y) {
  const uint8_t* block = data + row / kNarrowBlockRows * g.block_bytes;
  const auto* scales = reinterpret_cast<const uint16_t*>(block) + row % kNarrowBlockRows;
  const uint8_t* codes = block + g.scale_bytes;
  for (size_t group = 0; group < g.groups; ++group, codes += g.group_bytes, y += kNarrowGroupCols) {
    alignas(64) int8_t values[kNarrowGroupCols];
    for (size_t k = 0; k < kNarrowGroupCols; ++k) {
      values[k] =
          static_cast<int8_t>(NarrowCode(g.storage, codes, row % kNarrowBlockRows, k) - NarrowOffset(g.storage));
    }
    const size_t cols = group + 1 < g.groups ? kNarrowGroupCols : g.cols - group * kNarrowGroupCols;
    EmbedI8(values, cols, FloatFromHalf(scales[group * kNarrowBlockRows]), y);
  }
}

void EmbedI6(const uint8_t* data, const NarrowGeometry& geometry, size_t row, float* y) {
  EmbedNarrow(data, geometry, row, y);
}
void EmbedI4(const uint8_t* data, const NarrowGeometry& geometry, size_t row, float* y) {
  EmbedNarrow(data, geometry, row, y);
}

// The trits of a byte, first field first, each `stride` entries behind the one before.
HWY_INLINE void TritsOfByte(Storage storage, unsigned byte, size_t stride, int8_t* trits) {
  const size_t fields = TritsPerByte(storage);
  for (size_t field = 0; field < fields; ++field, trits += stride) {
    if (storage == Storage::kT2) {
      *trits = static_cast<int8_t>(static_cast<int>(byte >> (2 * field) & 3) - 1);
    } else {
      byte *= 3;
      *trits = static_cast<int8_t>(static_cast<int>(byte >> 8) - 1);
      byte &= 0xFF;
    }
  }
}

void EmbedTernary(const uint8_t* codes, const TernaryGeometry& g, const float* scales, size_t group_cols, size_t row,
                  float* y) {
  const size_t chunk_cols = TernaryChunkCols(g.storage);
  const uint8_t* block = codes + row / kTernaryBlockRows * g.block_bytes();
  for (size_t chunk = 0; chunk < g.chunks(); ++chunk) {
    const size_t bytes = g.chunk_bytes(chunk);
    const uint8_t* chunk_codes =
        block + chunk * kTernaryChunkBytes * kTernaryBlockRows + row % kTernaryBlockRows * bytes;
    alignas(64) int8_t trits[5 * kTernaryChunkBytes];
    for (size_t j = 0; j < bytes; ++j) TritsOfByte(g.storage, chunk_codes[j], bytes, trits + j);
    const size_t first = chunk * chunk_cols;
    const size_t cols = g.cols - first < chunk_cols ? g.cols - first : chunk_cols;
    EmbedI8(trits, cols, scales[first / group_cols * g.rows + row], y + first);
  }
}

void EmbedT2(const uint8_t* codes, const TernaryGeometry& geometry, const float* scales, size_t group_cols, size_t row,
             float* y) {
  EmbedTernary(codes, geometry, scales, group_cols, row, y);
}
void EmbedT5(const uint8_t* codes, const TernaryGeometry& geometry, const float* scales, size_t group_cols, size_t row,
             float* y) {
  EmbedTernary(codes, geometry, scales, group_cols, row, y);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(EmbedF32)
TRITWISE_EXPORT_KERNEL(EmbedF16)
TRITWISE_EXPORT_KERNEL(EmbedI8)
TRITWISE_EXPORT_KERNEL(EmbedI6)
TRITWISE_EXPORT_KERNEL(EmbedI4)
TRITWISE_EXPORT_KERNEL(EmbedT2)
TRITWISE_EXPORT_KERNEL(EmbedT5)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
