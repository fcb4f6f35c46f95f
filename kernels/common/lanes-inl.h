// F32x16: sixteen floats as one value on every target, whatever its vector width.
//
// The float kernels are written against this type alone, so that they all sum in the same 16 logical
// lanes (kernels/common/reference.h says in which order). It is one vector on AVX-512 and RVV, two on AVX2,
// four on SSE and NEON, sixteen on a target without vectors. Loads and stores of fewer than 16 elements go
// through a small buffer: only the end of a row pays for it, and nothing beyond the row is touched.
// Integer kernels do not use this: their sums need no order.
//
// clang-format off
#if defined(TRITWISE_KERNELS_COMMON_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_KERNELS_COMMON_LANES_INL_H_
#undef TRITWISE_KERNELS_COMMON_LANES_INL_H_
#else
#define TRITWISE_KERNELS_COMMON_LANES_INL_H_
#endif
// clang-format on

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr size_t kLanes = 16;

// Targets without vectors multiply and add in two roundings unless the compiler has an instruction (rv64gc).
#if (HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128) && (defined(__riscv_flen) || defined(__FP_FAST_FMAF))
inline constexpr bool kScalarFma = true;
#else
inline constexpr bool kScalarFma = false;
#endif
inline constexpr bool kFused = HWY_NATIVE_FMA || kScalarFma;

#if HWY_HAVE_SCALABLE
// Four registers together (LMUL 4) hold 16 floats on every vector length that RVV allows; the limit is what one
// of them counts for.
using DF = hn::CappedTag<float, kLanes / 4, 2>;
static_assert(HWY_MAX_LANES_D(DF) == kLanes);
#else
using DF = hn::CappedTag<float, kLanes>;
#endif
using DI = hn::RebindToSigned<DF>;
using VF = hn::Vec<DF>;

#if HWY_HAVE_SCALABLE
using F32x16 = VF;
inline constexpr size_t kPartLanes = kLanes;

// op(part index, parts...) for each part, results put together.
template <class Op, class... X>
HWY_INLINE F32x16 Map16(Op op, X... x) {
  return op(size_t{0}, x...);
}
template <class Op>
HWY_INLINE void ForParts16(Op op, F32x16 x) {
  op(size_t{0}, x);
}
#else
inline constexpr size_t kPartLanes = HWY_MAX_LANES_D(DF);
inline constexpr size_t kParts = kLanes / kPartLanes;
struct F32x16 {
  VF part[kParts];
};

template <class Op, size_t... I, class... X>
HWY_INLINE F32x16 MapParts16(std::index_sequence<I...>, Op op, X... x) {
  // Each element of the list is one part of all arguments.
  const auto at = [&](auto index) HWY_ATTR { return op(size_t{index}, x.part[index]...); };
  return F32x16{{at(std::integral_constant<size_t, I>{})...}};
}
template <class Op, class... X>
HWY_INLINE F32x16 Map16(Op op, X... x) {
  return MapParts16(std::make_index_sequence<kParts>{}, op, x...);
}
template <class Op>
HWY_INLINE void ForParts16(Op op, F32x16 x) {
  for (size_t i = 0; i < kParts; ++i) op(i, x.part[i]);
}
#endif

// ---- one instruction each

HWY_INLINE F32x16 Set16(float value) {
  return Map16([value](size_t) HWY_ATTR { return hn::Set(DF(), value); });
}
HWY_INLINE F32x16 Zero16() { return Set16(0.0f); }

HWY_INLINE F32x16 Add16(F32x16 a, F32x16 b) {
  return Map16([](size_t, VF u, VF v) HWY_ATTR { return hn::Add(u, v); }, a, b);
}
HWY_INLINE F32x16 Sub16(F32x16 a, F32x16 b) {
  return Map16([](size_t, VF u, VF v) HWY_ATTR { return hn::Sub(u, v); }, a, b);
}
HWY_INLINE F32x16 Mul16(F32x16 a, F32x16 b) {
  return Map16([](size_t, VF u, VF v) HWY_ATTR { return hn::Mul(u, v); }, a, b);
}
// a / b, correctly rounded. Vectors of 32-bit ARM cannot divide: Highway refines an estimate there.
HWY_INLINE VF Div1(VF a, VF b) {
#if HWY_ARCH_ARM_V7
  HWY_ALIGN float u[kPartLanes], v[kPartLanes];
  hn::Store(a, DF(), u);
  hn::Store(b, DF(), v);
  for (size_t i = 0; i < kPartLanes; ++i) u[i] /= v[i];
  return hn::Load(DF(), u);
#else
  return hn::Div(a, b);
#endif
}
HWY_INLINE F32x16 Div16(F32x16 a, F32x16 b) {
  return Map16([](size_t, VF u, VF v) HWY_ATTR { return Div1(u, v); }, a, b);
}
// Of NaN and a number: either, depending on the target.
HWY_INLINE F32x16 Max16(F32x16 a, F32x16 b) {
  return Map16([](size_t, VF u, VF v) HWY_ATTR { return hn::Max(u, v); }, a, b);
}
HWY_INLINE F32x16 Min16(F32x16 a, F32x16 b) {
  return Map16([](size_t, VF u, VF v) HWY_ATTR { return hn::Min(u, v); }, a, b);
}
HWY_INLINE F32x16 Abs16(F32x16 a) {
  return Map16([](size_t, VF u) HWY_ATTR { return hn::Abs(u); }, a);
}
HWY_INLINE F32x16 Neg16(F32x16 a) {
  return Map16([](size_t, VF u) HWY_ATTR { return hn::Neg(u); }, a);
}

// a * b + c, with one rounding where kFused.
HWY_INLINE VF MulAdd1(VF a, VF b, VF c) {
  if constexpr (kScalarFma) {
    HWY_ALIGN float u[kPartLanes], v[kPartLanes], w[kPartLanes];
    hn::Store(a, DF(), u);
    hn::Store(b, DF(), v);
    hn::Store(c, DF(), w);
    for (size_t i = 0; i < kPartLanes; ++i) w[i] = __builtin_fmaf(u[i], v[i], w[i]);
    return hn::Load(DF(), w);
  } else {
    return hn::MulAdd(a, b, c);
  }
}
HWY_INLINE F32x16 MulAdd16(F32x16 a, F32x16 b, F32x16 c) {
  return Map16([](size_t, VF u, VF v, VF w) HWY_ATTR { return MulAdd1(u, v, w); }, a, b, c);
}

// ---- memory: 16 elements, or the first `count` of them with zeros behind

HWY_INLINE F32x16 Load16(const float* p) {
  return Map16([p](size_t i) HWY_ATTR { return hn::LoadU(DF(), p + i * kPartLanes); });
}
// binary16 to float, exact. Where there is no instruction, Highway's own code takes infinity for 65536, so
// the exponent is moved by a product (subnormals come out right) and infinity and NaN are put back.
HWY_INLINE VF FloatFromHalf1(hn::Vec<hn::Rebind<uint16_t, DF>> half) {
#if (HWY_ARCH_X86 && HWY_TARGET > HWY_AVX2) || HWY_TARGET == HWY_RVV || HWY_TARGET == HWY_EMU128 || \
    HWY_TARGET == HWY_SCALAR
  const auto bits = hn::PromoteTo(DI(), half);
  const auto magnitude = hn::ShiftLeft<13>(hn::And(bits, hn::Set(DI(), 0x7FFF)));
  const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(DI(), 0x8000)));
  const auto finite = hn::BitCast(DI(), hn::Mul(hn::BitCast(DF(), magnitude), hn::Set(DF(), 0x1p112f)));
  const auto special = hn::Or(magnitude, hn::Set(DI(), 0x7F800000));
  const auto is_special = hn::Gt(magnitude, hn::Set(DI(), 0x0F7FFFFF));
  return hn::BitCast(DF(), hn::Or(sign, hn::IfThenElse(is_special, special, finite)));
#else
  return hn::PromoteTo(DF(), hn::BitCast(hn::Rebind<hwy::float16_t, DF>(), half));
#endif
}

HWY_INLINE F32x16 Load16(const uint16_t* p) {  // binary16
  return Map16([p](size_t i)
                   HWY_ATTR { return FloatFromHalf1(hn::LoadU(hn::Rebind<uint16_t, DF>(), p + i * kPartLanes)); });
}
HWY_INLINE F32x16 Load16(const int8_t* p) {
  return Map16([p](size_t i) HWY_ATTR {
    const hn::Rebind<int8_t, DF> di8;
    return hn::ConvertTo(DF(), hn::PromoteTo(DI(), hn::LoadU(di8, p + i * kPartLanes)));
  });
}
HWY_INLINE F32x16 Load16(const int32_t* p) {  // rounded to nearest
  return Map16([p](size_t i) HWY_ATTR { return hn::ConvertTo(DF(), hn::LoadU(DI(), p + i * kPartLanes)); });
}
// The ends of rows: not inlined, for the sake of code size.
template <class T>
HWY_NOINLINE F32x16 LoadPart16(const T* p, size_t count) {
  alignas(64) T buffer[kLanes] = {};
  std::memcpy(buffer, p, count * sizeof(T));
  return Load16(buffer);
}
template <class T>
HWY_INLINE F32x16 Load16(const T* p, size_t count) {
  return HWY_LIKELY(count >= kLanes) ? Load16(p) : LoadPart16(p, count);
}

HWY_INLINE void Store16(F32x16 x, float* p) {
  ForParts16([p](size_t i, VF v) HWY_ATTR { hn::StoreU(v, DF(), p + i * kPartLanes); }, x);
}
HWY_INLINE void Store16(F32x16 x, uint16_t* p) {  // binary16
  ForParts16(
      [p](size_t i, VF v) HWY_ATTR {
        const hn::Rebind<uint16_t, DF> du16;
        const hn::Rebind<hwy::float16_t, DF> df16;
        hn::StoreU(hn::BitCast(du16, hn::DemoteTo(df16, v)), du16, p + i * kPartLanes);
      },
      x);
}
template <class T>
HWY_NOINLINE void StorePart16(F32x16 x, T* p, size_t count) {
  alignas(64) T buffer[kLanes];
  Store16(x, buffer);
  std::memcpy(p, buffer, count * sizeof(T));
}
template <class T>
HWY_INLINE void Store16(F32x16 x, T* p, size_t count) {
  if (HWY_LIKELY(count >= kLanes)) return Store16(x, p);
  StorePart16(x, p, count);
}

// ---- over the lanes

#if !HWY_HAVE_SCALABLE && HWY_TARGET != HWY_SCALAR
using D4 = hn::FixedTag<float, 4>;

// The first steps of the tree, from one vector of 16, 8 or 4 lanes to 4.
template <class V>
HWY_INLINE hn::Vec<D4> FoldToFour(V v) {
  using D = hn::DFromV<V>;
  if constexpr (HWY_MAX_LANES_D(D) > 4) {
    const hn::Half<D> half;
    return FoldToFour(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}
HWY_INLINE hn::Vec<D4> FoldLanes(F32x16 x) {
  for (size_t half = kParts / 2; half != 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) x.part[i] = hn::Add(x.part[i], x.part[i + half]);
  }
  return FoldToFour(x.part[0]);
}
#endif

// The fixed tree: lane l takes l + 8, then l + 4, l + 2, l + 1.
HWY_INLINE float Sum16(F32x16 x) {
#if HWY_HAVE_SCALABLE || HWY_TARGET == HWY_SCALAR
  alignas(64) float lane[kLanes];
  Store16(x, lane);
  for (size_t half = kLanes / 2; half != 0; half /= 2) {
    for (size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
  }
  return lane[0];
#else
  HWY_ALIGN float lane[4];
  hn::Store(FoldLanes(x), D4(), lane);
  return (lane[0] + lane[2]) + (lane[1] + lane[3]);
#endif
}

// out[0..4) = Sum16 of each. Together, because four sums cost about as much as one.
HWY_INLINE void StoreSums16(F32x16 a, F32x16 b, F32x16 c, F32x16 d, float* out) {
#if HWY_HAVE_SCALABLE || HWY_TARGET == HWY_SCALAR
  out[0] = Sum16(a);
  out[1] = Sum16(b);
  out[2] = Sum16(c);
  out[3] = Sum16(d);
#else
  const D4 d4;
  const auto a4 = FoldLanes(a), b4 = FoldLanes(b), c4 = FoldLanes(c), e4 = FoldLanes(d);
  // Lanes 0 + 2 and 1 + 3 of a and c, of b and d; then their sums side by side.
  const auto ac = hn::Add(hn::InterleaveLower(d4, a4, c4), hn::InterleaveUpper(d4, a4, c4));
  const auto bd = hn::Add(hn::InterleaveLower(d4, b4, e4), hn::InterleaveUpper(d4, b4, e4));
  hn::StoreU(hn::Add(hn::InterleaveLower(d4, ac, bd), hn::InterleaveUpper(d4, ac, bd)), d4, out);
#endif
}

HWY_INLINE float First16(F32x16 x) {
#if HWY_HAVE_SCALABLE
  return hn::GetLane(x);
#else
  return hn::GetLane(x.part[0]);
#endif
}

// Order-free.
HWY_INLINE float MaxLane16(F32x16 x) {
  alignas(64) float lane[kLanes];
  Store16(x, lane);
  float largest = lane[0];
  for (size_t l = 1; l < kLanes; ++l) largest = lane[l] > largest ? lane[l] : largest;
  return largest;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_KERNELS_COMMON_LANES_INL_H_
