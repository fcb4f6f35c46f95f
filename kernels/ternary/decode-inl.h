// The two ternary layouts as vector code: a vector of packed bytes to one vector of codes (trit + 1) for
// each field. And where the bytes and activations of a chunk are, so that the last chunk of a row, which is
// shorter, needs no code of its own: its activations are copied once into a buffer that looks like a whole
// chunk with zeros behind, so that weight bytes read past its end count for nothing.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_DECODE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_DECODE_INL_H_
#undef TRITWISE_KERNELS_TERNARY_DECODE_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_DECODE_INL_H_
#endif
// clang-format on

#include <cstring>

#include "format/ternary_layout.h"
#include "kernels/common/dot-inl.h"
#include "kernels/common/inline_lambda.h"
#include "kernels/common/prefetch.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

inline constexpr size_t kChunk = kTernaryChunkBytes;
inline constexpr size_t kBlockRows = kTernaryBlockRows;
// Activations of this size stay in the nearest cache while weights pass by, of the second size in the next one.
inline constexpr size_t kNearCacheBytes = 24 * 1024;
inline constexpr size_t kFarCacheBytes = 256 * 1024;

// How far ahead kernels ask for weights: many rows, or vectors that take long to multiply; and by PrefetchFar.
inline constexpr size_t kPrefetchBytes = TRITWISE_QUAD_DOT ? 8192 : 2048;
inline constexpr size_t kFarPrefetchBytes = 24 * 1024;

struct T2 {
  static constexpr Storage kStorage = Storage::kT2;
  static constexpr size_t kFields = 4;
  static constexpr bool kPrefetch = true;
  static constexpr size_t kBlockChunkBytes = kBlockRows * kChunk;
  static constexpr size_t kGroupBytes = kNearCacheBytes;
  static constexpr int kLargestCode = 3;

#if HWY_TARGET != HWY_SCALAR
  // op(field, codes 0..3) for each field.
  template <class Op>
  static HWY_INLINE void ForFields(VU8 bytes, Op op) {
    const hn::Repartition<uint16_t, DU8> du16;  // shifts of bytes are rare; the mask takes off what came along
    const VU8 mask = hn::Set(DU8(), 3);
    const auto words = hn::BitCast(du16, bytes);
    op(size_t{0}, hn::And(bytes, mask));
    op(size_t{1}, hn::And(hn::BitCast(DU8(), hn::ShiftRight<2>(words)), mask));
    op(size_t{2}, hn::And(hn::BitCast(DU8(), hn::ShiftRight<4>(words)), mask));
    op(size_t{3}, hn::And(hn::BitCast(DU8(), hn::ShiftRight<6>(words)), mask));
  }
#if TRITWISE_QUAD_DOT
  template <int kShift>
  static HWY_INLINE VU8 Field(VU8 bytes) {
    const hn::Repartition<uint16_t, DU8> du16;
    return hn::And(hn::BitCast(DU8(), hn::ShiftRight<kShift>(hn::BitCast(du16, bytes))), hn::Set(DU8(), 3));
  }
  // op(field, codes of rows 0 to 3) for each field of a vector from each row.
  template <class Op>
  static HWY_INLINE void ForFieldsOfBlock(const uint8_t* codes, size_t stride, Op op) {
    const DU8 d;
    const VU8 b0 = hn::LoadU(d, codes);
    const VU8 b1 = hn::LoadU(d, codes + stride);
    const VU8 b2 = hn::LoadU(d, codes + 2 * stride);
    const VU8 b3 = hn::LoadU(d, codes + 3 * stride);
    const VU8 mask = hn::Set(DU8(), 3);
    op(size_t{0}, hn::And(b0, mask), hn::And(b1, mask), hn::And(b2, mask), hn::And(b3, mask));
    op(size_t{1}, Field<2>(b0), Field<2>(b1), Field<2>(b2), Field<2>(b3));
    op(size_t{2}, Field<4>(b0), Field<4>(b1), Field<4>(b2), Field<4>(b3));
    op(size_t{3}, Field<6>(b0), Field<6>(b1), Field<6>(b2), Field<6>(b3));
  }
#endif
#endif
  template <class Op>
  static HWY_INLINE void ForFieldsOfByte(unsigned byte, Op op) {
    for (size_t f = 0; f < kFields; ++f) op(f, static_cast<int32_t>(byte >> (2 * f) & 3));
  }
};

struct T5 {
  static constexpr Storage kStorage = Storage::kT5;
  static constexpr size_t kFields = 5;
  static constexpr bool kPrefetch = true;
  static constexpr size_t kBlockChunkBytes = kBlockRows * kChunk;
  static constexpr size_t kGroupBytes = kNearCacheBytes;
  static constexpr int kLargestCode = 2;

#if HWY_TARGET != HWY_SCALAR
  // The first digit of the fraction: floor(3 * byte / 256).
  static HWY_INLINE VU8 Digit(VU8 bytes) {
#if HWY_TARGET_IS_NEON
    const VU8 above = hn::Add(hn::VecFromMask(DU8(), hn::Gt(bytes, hn::Set(DU8(), 85))),
                              hn::VecFromMask(DU8(), hn::Gt(bytes, hn::Set(DU8(), 170))));
    return hn::Sub(hn::Zero(DU8()), above);
#else
    const VU8 one = hn::Set(DU8(), 1);
    return hn::Add(hn::Min(hn::SaturatedSub(bytes, hn::Set(DU8(), 85)), one),
                   hn::Min(hn::SaturatedSub(bytes, hn::Set(DU8(), 170)), one));
#endif
  }
  static HWY_INLINE VU8 Triple(VU8 bytes) { return hn::Add(hn::Add(bytes, bytes), bytes); }

  template <class Op>
  static HWY_INLINE void ForFields(VU8 bytes, Op op) {
    op(size_t{0}, Digit(bytes));
    for (size_t f = 1; f < kFields; ++f) {
      bytes = Triple(bytes);
      op(f, Digit(bytes));
    }
  }
#if TRITWISE_QUAD_DOT
  template <class Op>
  static HWY_INLINE void ForFieldsOfBlock(const uint8_t* codes, size_t stride, Op op) {
    const DU8 d;
    VU8 b0 = hn::LoadU(d, codes);
    VU8 b1 = hn::LoadU(d, codes + stride);
    VU8 b2 = hn::LoadU(d, codes + 2 * stride);
    VU8 b3 = hn::LoadU(d, codes + 3 * stride);
    op(size_t{0}, Digit(b0), Digit(b1), Digit(b2), Digit(b3));
    for (size_t f = 1; f < kFields; ++f) {
      b0 = Triple(b0);
      b1 = Triple(b1);
      b2 = Triple(b2);
      b3 = Triple(b3);
      op(f, Digit(b0), Digit(b1), Digit(b2), Digit(b3));
    }
  }
#endif
#endif
  template <class Op>
  static HWY_INLINE void ForFieldsOfByte(unsigned byte, Op op) {
    for (size_t f = 0; f < kFields; ++f) {
      byte *= 3;
      op(f, static_cast<int32_t>(byte >> 8));
      byte &= 0xFF;
    }
  }
};

// The bytes of one block of four rows. Whole chunk i of row r is at chunks + (i * 4 + r) * 64, the last chunk
// of row r at last + r * last_stride; from there 64 bytes may be read.
struct BlockCodes {
  const uint8_t* chunks;
  const uint8_t* last;
  size_t last_stride;
};

// Some columns of a matrix: full_chunks chunks from `first` on, and behind them the last chunk of the row where
// last_bytes is not 0.
struct ChunkRange {
  size_t first = 0;
  size_t full_chunks = 0;
  size_t last_bytes = 0;

  HWY_INLINE size_t chunks() const { return full_chunks + (last_bytes != 0 ? 1 : 0); }
  HWY_INLINE BlockCodes Of(BlockCodes block) const {
    block.chunks += first * kBlockRows * kChunk;
    return block;
  }
};
HWY_INLINE ChunkRange MakeChunkRange(const TernaryGeometry& g, size_t first, size_t most) {
  const size_t end = first + most;
  return {first, (end < g.full_chunks ? end : g.full_chunks) - first, end < g.chunks() ? 0 : g.last_chunk_bytes};
}

// What all blocks of a matrix have in common, and a buffer for the last chunk of its last block.
struct MatrixCodes {
  MatrixCodes(const uint8_t* codes, const TernaryGeometry& g)
      : begin(codes), end(codes + g.total_bytes), full_chunks(g.full_chunks), last_bytes(g.last_chunk_bytes) {}

  HWY_INLINE BlockCodes Block(size_t block) {
    const size_t row_bytes = full_chunks * kChunk + last_bytes;
    const uint8_t* chunks = begin + block * row_bytes * kBlockRows;
    const uint8_t* last = chunks + full_chunks * kChunk * kBlockRows;
    // Reading on behind the last row's last chunk stays inside the matrix, except near its end.
    if (static_cast<size_t>(end - last) >= (kBlockRows - 1) * last_bytes + kChunk) return {chunks, last, last_bytes};
    for (size_t r = 0; r < kBlockRows; ++r) std::memcpy(buffer + r * kChunk, last + r * last_bytes, last_bytes);
    return {chunks, buffer, kChunk};
  }

  const uint8_t* begin;
  const uint8_t* end;
  size_t full_chunks;
  size_t last_bytes;
  alignas(64) uint8_t buffer[kBlockRows * kChunk] = {};
};

// One row of activations: field f of byte j of whole chunk i is at chunks[(i * fields + f) * 64 + j], of the
// last chunk at last[f * 64 + j], zeros beyond its bytes.
template <class Layout>
struct ActivationRow {
  HWY_INLINE void Set(const int8_t* q, size_t full_chunks, size_t last_bytes) {
    chunks = q;
    if (last_bytes == 0) return;
    const int8_t* q_last = q + full_chunks * kChunk * Layout::kFields;
    std::memset(last, 0, sizeof(last));
    for (size_t f = 0; f < Layout::kFields; ++f) std::memcpy(last + f * kChunk, q_last + f * last_bytes, last_bytes);
  }

  const int8_t* chunks = nullptr;
  alignas(64) int8_t last[kChunk * Layout::kFields];
};

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_TERNARY_DECODE_INL_H_
