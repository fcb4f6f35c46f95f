// Conversions to and from the operands of matrix products, 16 elements at a time.
//
// clang-format off
#if defined(TRITWISE_TRAINER_ROW_OPS_CONVERT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_TRAINER_ROW_OPS_CONVERT_INL_H_
#undef TRITWISE_TRAINER_ROW_OPS_CONVERT_INL_H_
#else
#define TRITWISE_TRAINER_ROW_OPS_CONVERT_INL_H_
#endif
// clang-format on

#include <cmath>

#include "kernels/common/lanes-inl.h"
#include "kernels/common/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using namespace tritwise::kernels::HWY_NAMESPACE;  // NOLINT(google-build-using-namespace)

// bf16 as its bits, a type of its own so that loads and stores are not taken for binary16.
struct Bf16 {
  uint16_t bits;
};

HWY_INLINE F32x16 LoadCompute(const float* p, size_t count) { return Load16(p, count); }
HWY_INLINE void StoreCompute(F32x16 x, float* p, size_t count) { Store16(x, p, count); }

HWY_INLINE F32x16 LoadCompute(const Bf16* p, size_t count) {
  alignas(64) uint16_t buffer[kLanes] = {};
  const uint16_t* source = &p->bits;
  if (HWY_UNLIKELY(count < kLanes)) {
    std::memcpy(buffer, p, count * sizeof(uint16_t));
    source = buffer;
  }
  return Map16([source](size_t i) HWY_ATTR {
    const hn::RebindToUnsigned<DF> du32;
    const hn::Rebind<uint16_t, DF> du16;
    const auto wide = hn::PromoteTo(du32, hn::LoadU(du16, source + i * kPartLanes));
    return hn::BitCast(DF(), hn::ShiftLeft<16>(wide));
  });
}

HWY_INLINE void StoreCompute(F32x16 x, Bf16* p, size_t count) {
  alignas(64) uint16_t buffer[kLanes];
  uint16_t* target = HWY_LIKELY(count >= kLanes) ? &p->bits : buffer;
  ForParts16(
      [target](size_t i, VF v) HWY_ATTR {
        const hn::RebindToUnsigned<DF> du32;
        const hn::Rebind<uint16_t, DF> du16;
        const auto bits = hn::BitCast(du32, v);
        const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du32, 1));
        const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(du32, 0x7FFF)));
        hn::StoreU(hn::TruncateTo(du16, hn::ShiftRight<16>(rounded)), du16, target + i * kPartLanes);
      },
      x);
  if (HWY_UNLIKELY(count < kLanes)) std::memcpy(p, buffer, count * sizeof(uint16_t));
}

// Calls body(typed pointer) for the element type.
template <class Body>
HWY_INLINE void ForType(ComputeType type, void* p, Body body) {
  if (type == ComputeType::kBf16) {
    body(static_cast<Bf16*>(p));
  } else {
    body(static_cast<float*>(p));
  }
}

// Ties to even, for any size that a quantiser meets: beyond 2^22 the clamp decides anyway.
HWY_INLINE F32x16 RoundClamped(F32x16 x, float lowest, float highest) {
  const F32x16 inside = Min16(Max16(x, Set16(lowest)), Set16(highest));
  return Map16([](size_t, VF v) HWY_ATTR { return RoundSmall(v); }, inside);
}

void ToComputeT(const float* x, size_t n, float factor, ComputeType type, void* y) {
  const F32x16 f = Set16(factor);
  ForType(type, y, [&](auto* out) HWY_ATTR {
    for (size_t i = 0; i < n; i += kLanes) StoreCompute(Mul16(Load16(x + i, n - i), f), out + i, n - i);
  });
}

void CodesToComputeT(const int8_t* q, size_t n, ComputeType type, void* y) {
  ForType(type, y, [&](auto* out) HWY_ATTR {
    for (size_t i = 0; i < n; i += kLanes) StoreCompute(Load16(q + i, n - i), out + i, n - i);
  });
}

void MixToComputeT(const float* x, const int8_t* q, size_t n, float scale, float strength, ComputeType type, void* y) {
  if (strength == 1.0f) return CodesToComputeT(q, n, type, y);  // exactly
  ForType(type, y, [&](auto* out) HWY_ATTR {
    for (size_t i = 0; i < n; i += kLanes) {
      const F32x16 z = Mul16(Load16(x + i, n - i), Set16(scale));
      const F32x16 code = Load16(q + i, n - i);
      StoreCompute(MulAdd16(Sub16(code, z), Set16(strength), z), out + i, n - i);
    }
  });
}

// Whole numbers from -128 to 127.
HWY_INLINE void StoreCodes(F32x16 x, int8_t* q, size_t count) {
  alignas(64) int8_t buffer[kLanes];
  int8_t* target = HWY_LIKELY(count >= kLanes) ? q : buffer;
  ForParts16(
      [target](size_t i, VF v) HWY_ATTR {
        const hn::RebindToSigned<DF> di32;
        const hn::Rebind<int8_t, DF> di8;
        hn::StoreU(hn::DemoteTo(di8, hn::ConvertTo(di32, v)), di8, target + i * kPartLanes);
      },
      x);
  if (HWY_UNLIKELY(count < kLanes)) std::memcpy(q, buffer, count);
}

void RoundTernaryT(const float* x, size_t n, float scale, int8_t* q) {
  for (size_t i = 0; i < n; i += kLanes) {
    const F32x16 code = RoundClamped(Mul16(Load16(x + i, n - i), Set16(scale)), -1.0f, 1.0f);
    StoreCodes(code, q + i, n - i);
  }
}

void RotateToComputeT(const float* x, const HeadRow& row, const float* cosine, const float* sine, ComputeType type,
                      void* y) {
  ForType(type, y, [&](auto* out) HWY_ATTR {
    const size_t turned = row.pairs == 0 ? 0 : row.rotated;
    for (size_t head = 0; head < turned; ++head) {
      const float* a = x + head * row.head_size;
      const float* b = a + row.pairs;
      auto* to = out + head * row.head_size;
      for (size_t i = 0; i < row.pairs; i += kLanes) {
        const size_t left = row.pairs - i;
        const F32x16 u = Load16(a + i, left), v = Load16(b + i, left);
        const F32x16 c = Load16(cosine + i, left), s = Load16(sine + i, left);
        StoreCompute(Sub16(Mul16(u, c), Mul16(v, s)), to + i, left);
        StoreCompute(Add16(Mul16(u, s), Mul16(v, c)), to + row.pairs + i, left);
      }
    }
    const size_t n = row.heads * row.head_size;
    for (size_t i = turned * row.head_size; i < n; i += kLanes) StoreCompute(Load16(x + i, n - i), out + i, n - i);
  });
}

void RotateBackT(float* x, const HeadRow& row, const float* cosine, const float* sine) {
  if (row.pairs == 0) return;
  for (size_t head = 0; head < row.rotated; ++head) {
    float* a = x + head * row.head_size;
    float* b = a + row.pairs;
    for (size_t i = 0; i < row.pairs; i += kLanes) {
      const size_t left = row.pairs - i;
      const F32x16 u = Load16(a + i, left), v = Load16(b + i, left);
      const F32x16 c = Load16(cosine + i, left), s = Load16(sine + i, left);
      Store16(Add16(Mul16(u, c), Mul16(v, s)), a + i, left);
      Store16(Sub16(Mul16(v, c), Mul16(u, s)), b + i, left);
    }
  }
}

void AccumulateT(const float* x, size_t n, float* y) {
  for (size_t i = 0; i < n; i += kLanes) Store16(Add16(Load16(y + i, n - i), Load16(x + i, n - i)), y + i, n - i);
}

void ScaleAndBiasT(float* y, size_t n, float factor, const float* bias) {
  const F32x16 f = Set16(factor);
  for (size_t i = 0; i < n; i += kLanes) {
    F32x16 v = Mul16(Load16(y + i, n - i), f);
    if (bias != nullptr) v = Add16(v, Load16(bias + i, n - i));
    Store16(v, y + i, n - i);
  }
}

void ScaleT(const float* x, size_t n, float factor, float* y) {
  const F32x16 f = Set16(factor);
  for (size_t i = 0; i < n; i += kLanes) Store16(Mul16(Load16(x + i, n - i), f), y + i, n - i);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_TRAINER_ROW_OPS_CONVERT_INL_H_
