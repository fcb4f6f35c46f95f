// NormQuantiseRow for every instruction set: the norm goes to scratch, one pass finds the largest element
// (or takes another measure), one rounds. Trainer and runtime both call this, so that a row has the same integers in
// both.
#include "kernels/quantise/quantise.h"

#include "kernels/common/export.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/quantise/quantise.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/math-inl.h"
#include "kernels/norm/norm-inl.h"
#include "kernels/quantise/measure-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

// x where it is finite, else 0.
HWY_INLINE F32x16 FiniteOrZero(F32x16 x) {
  return Map16([](size_t, VF u) HWY_ATTR { return hn::IfThenElseZero(hn::IsFinite(u), u); }, x);
}

// Sixteen codes to q, and onto `sum` lane by lane.
HWY_INLINE void Quantise16(F32x16 x, float factor, int32_t lowest, int8_t* q, hn::Vec<DI>& sum) {
  ForParts16(
      [&](size_t i, VF u) HWY_ATTR {
        const hn::Rebind<int8_t, DI> di8;
        const auto scaled = hn::Mul(u, hn::Set(DF(), factor));
        const auto low = hn::Set(DF(), static_cast<float>(lowest));
        const auto inside = hn::Min(hn::Max(scaled, low), hn::Set(DF(), static_cast<float>(kActivationHighest)));
        const auto code = hn::NearestInt(RoundSmall(inside));
        hn::StoreU(hn::DemoteTo(di8, code), di8, q + i * kPartLanes);
        sum = hn::Add(sum, code);
      },
      x);
}

QuantisedRow NormQuantiseRow(const float* x, size_t cols, const RowQuantiser& quantiser, float* scratch, int8_t* q,
                             size_t padded_cols) {
  NormInto(x, cols, quantiser.norm, quantiser.norm_eps, quantiser.gain, scratch);
  const size_t padded = (padded_cols + kLanes - 1) / kLanes * kLanes;
  for (size_t i = cols; i < padded; ++i) scratch[i] = 0.0f;

  F32x16 maximum = Set16(kScaleFloor);
  F32x16 poison = Zero16();  // 0, or NaN once an element is not finite
  for (size_t i = 0; i < padded; i += kLanes) {
    const F32x16 value = Load16(scratch + i);
    const F32x16 finite = FiniteOrZero(value);
    poison = Add16(poison, Sub16(value, value));
    maximum = Max16(maximum, Abs16(finite));
    Store16(finite, scratch + i);
  }
  float measure = MaxLane16(maximum);
  if (quantiser.measure == ActivationMeasure::kAbsMean) {
    measure = MeanMagnitude(scratch, cols);
  } else if (quantiser.measure == ActivationMeasure::kAbsMedian) {
    measure = MedianMagnitude(scratch, cols);
  }
  measure = measure > kScaleFloor ? measure : kScaleFloor;
  const float factor = quantiser.range / measure;

  QuantisedRow row;
  row.step = measure / quantiser.range + Sum16(poison);
  hn::Vec<DI> sum = hn::Zero(DI());
  size_t i = 0;
  for (; i + kLanes <= padded_cols; i += kLanes) {
    Quantise16(Load16(scratch + i), factor, quantiser.lowest, q + i, sum);
  }
  if (i < padded_cols) {
    alignas(64) int8_t last[kLanes];
    Quantise16(Load16(scratch + i), factor, quantiser.lowest, last, sum);
    std::memcpy(q + i, last, padded_cols - i);
  }
  row.sum = hn::ReduceSum(DI(), sum);
  return row;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
TRITWISE_EXPORT_KERNEL(NormQuantiseRow)
}  // namespace tritwise::kernels
#endif  // HWY_ONCE
