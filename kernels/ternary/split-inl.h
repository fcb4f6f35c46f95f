// A block of t5 taken apart once for many rows of activations, where a table of 256 bytes can be looked up for a
// whole vector: digits 0 to 3 of each byte become a byte of t2, digit 4 a byte of its own. The products then cost
// what they cost in t2; digit by digit, every tile of four rows would pay for 28 operations on 80 products.
//
// clang-format off
#if defined(TRITWISE_KERNELS_TERNARY_SPLIT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_TERNARY_SPLIT_INL_H_
#undef TRITWISE_KERNELS_TERNARY_SPLIT_INL_H_
#else
#define TRITWISE_KERNELS_TERNARY_SPLIT_INL_H_
#endif
// clang-format on

#include "kernels/ternary/decode-inl.h"

#if TRITWISE_T5_LOOKUP
HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {

// Chunk i of the four rows is at 512 * i: 64 bytes of t2 for each row, then 64 fifth digits for each row.
struct T5Split {
  static constexpr size_t kFields = T5::kFields;
  static constexpr bool kPrefetch = false;
  static constexpr size_t kBlockChunkBytes = 2 * kBlockRows * kChunk;
  static constexpr size_t kGroupBytes = kFarCacheBytes;  // many rows, because taking a block apart is paid once a group

  template <class Op>
  static HWY_INLINE void ForFieldsOfBlock(const uint8_t* codes, size_t stride, Op op) {
    T2::ForFieldsOfBlock(codes, stride, op);
    const DU8 d;
    const uint8_t* fifth = codes + kBlockRows * stride;
    op(size_t{4}, hn::LoadU(d, fifth), hn::LoadU(d, fifth + stride), hn::LoadU(d, fifth + 2 * stride),
       hn::LoadU(d, fifth + 3 * stride));
  }
};

struct alignas(64) ByteTable {
  uint8_t entry[256];
};

// Digits [first, first + count) of every byte, the first in the lowest two bits.
constexpr ByteTable MakeDigitTable(size_t first, size_t count) {
  ByteTable table = {};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned rest = byte;
    for (size_t f = 0; f < first + count; ++f) {
      rest *= 3;
      if (f >= first) table.entry[byte] = static_cast<uint8_t>(table.entry[byte] | rest >> 8 << 2 * (f - first));
      rest &= 0xFF;
    }
  }
  return table;
}
inline constexpr ByteTable kFirstFourDigits = MakeDigitTable(0, 4);
inline constexpr ByteTable kFifthDigit = MakeDigitTable(4, 1);

HWY_INLINE VU8 LookUp(const ByteTable& table, VU8 bytes) {
  const DU8 d;
  const auto index = hn::IndicesFromVec(d, hn::And(bytes, hn::Set(d, 127)));
  const VU8 low = hn::TwoTablesLookupLanes(hn::Load(d, table.entry), hn::Load(d, table.entry + 64), index);
  const VU8 high = hn::TwoTablesLookupLanes(hn::Load(d, table.entry + 128), hn::Load(d, table.entry + 192), index);
  return hn::IfThenElse(hn::MaskFromVec(bytes), high, low);  // by the highest bit of each byte
}

// Room for some chunks of one block: with the activations of four rows it stays in the nearest cache.
struct SplitBlock {
  static constexpr size_t kMostChunks = 12;

  // What is behind the last chunk's bytes need not be weights: activations there are zero.
  HWY_INLINE BlockCodes Take(const BlockCodes& block, size_t full_chunks, size_t last_bytes) {
    uint8_t* to = bytes;
    for (size_t chunk = 0; chunk < full_chunks; ++chunk, to += T5Split::kBlockChunkBytes) {
      TakeChunk(block.chunks + chunk * T5::kBlockChunkBytes, kChunk, to);
    }
    if (last_bytes != 0) TakeChunk(block.last, block.last_stride, to);
    return {bytes, to, kChunk};
  }

  alignas(64) uint8_t bytes[kMostChunks * T5Split::kBlockChunkBytes];

 private:
  static HWY_INLINE void TakeChunk(const uint8_t* codes, size_t stride, uint8_t* to) {
    const DU8 d;
    for (size_t r = 0; r < kBlockRows; ++r) {
      hwy::Prefetch(codes + r * kChunk + kPrefetchBytes);
      for (size_t j = 0; j < kChunk; j += hn::Lanes(d)) {
        const VU8 c = hn::LoadU(d, codes + r * stride + j);
        hn::Store(LookUp(kFirstFourDigits, c), d, to + r * kChunk + j);
        hn::Store(LookUp(kFifthDigit, c), d, to + (kBlockRows + r) * kChunk + j);
      }
    }
  }
};

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();
#endif  // TRITWISE_T5_LOOKUP

#endif  // TRITWISE_KERNELS_TERNARY_SPLIT_INL_H_
