// Gradients of the row-wise operations, the loss and the optimiser's update, 16 elements at a time.
//
// clang-format off
#if defined(TRITWISE_TRAINER_ROW_OPS_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRITWISE_TRAINER_ROW_OPS_GRADIENT_INL_H_
#undef TRITWISE_TRAINER_ROW_OPS_GRADIENT_INL_H_
#else
#define TRITWISE_TRAINER_ROW_OPS_GRADIENT_INL_H_
#endif
// clang-format on

#include <algorithm>
#include <cmath>

#include "trainer/row_ops/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tritwise {
namespace HWY_NAMESPACE {

// Entries from `count` on as `fill`.
HWY_INLINE F32x16 LoadFilled(const float* p, size_t count, float fill) {
  if (HWY_LIKELY(count >= kLanes)) return Load16(p);
  alignas(64) float buffer[kLanes];
  std::fill(buffer, buffer + kLanes, fill);
  std::memcpy(buffer, p, count * sizeof(float));
  return Load16(buffer);
}

template <class Term>
HWY_INLINE float SumOver(size_t n, Term term) {
  F32x16 sum = Zero16();
  for (size_t i = 0; i < n; i += kLanes) sum = Add16(sum, term(i, n - i));
  return Sum16(sum);
}

HWY_INLINE void StoreGradient(F32x16 g, bool accumulate, float* p, size_t count) {
  Store16(accumulate ? Add16(Load16(p, count), g) : g, p, count);
}

// With xhat the normalised row and g = dy * gain:
//   layer: dx = rstd * (g - mean(g) - xhat * mean(g * xhat));  rms: the same without mean(g).
void NormBackwardT(const float* x, const float* dy, size_t n, float dy_factor, const NormGradient& norm,
                   bool accumulate, float* dx) {
  const F32x16 factor = Set16(dy_factor);
  const auto upstream = [&](size_t i, size_t left) HWY_ATTR { return Mul16(Load16(dy + i, left), factor); };
  const auto scaled = [&](size_t i, size_t left) HWY_ATTR {
    const F32x16 g = upstream(i, left);
    return norm.gain != nullptr ? Mul16(g, Load16(norm.gain + i, left)) : g;
  };
  if (norm.kind == NormKind::kNone) {
    for (size_t i = 0; i < n; i += kLanes) {
      if (norm.gain_gradient != nullptr) {
        StoreGradient(Mul16(upstream(i, n - i), Load16(x + i, n - i)), true, norm.gain_gradient + i, n - i);
      }
      StoreGradient(scaled(i, n - i), accumulate, dx + i, n - i);
    }
    return;
  }
  const float inverse_n = 1.0f / static_cast<float>(n);
  const bool layer = norm.kind == NormKind::kLayer;
  const float mean =
      layer ? SumOver(n, [&](size_t i, size_t left) HWY_ATTR { return Load16(x + i, left); }) * inverse_n : 0.0f;
  const auto centred = [&](size_t i, size_t left)
                           HWY_ATTR { return Sub16(LoadFilled(x + i, left, mean), Set16(mean)); };
  const float variance = SumOver(n,
                                 [&](size_t i, size_t left) HWY_ATTR {
                                   const F32x16 c = centred(i, left);
                                   return Mul16(c, c);
                                 }) *
                         inverse_n;
  const float rstd = 1.0f / std::sqrt(variance + norm.eps);
  const float mean_g = layer ? SumOver(n, scaled) * inverse_n : 0.0f;
  const float mean_gx =
      SumOver(n, [&](size_t i, size_t left) HWY_ATTR { return Mul16(scaled(i, left), centred(i, left)); }) * rstd *
      inverse_n;
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t left = n - i;
    const F32x16 xhat = Mul16(centred(i, left), Set16(rstd));
    if (norm.gain_gradient != nullptr) {
      StoreGradient(Mul16(upstream(i, left), xhat), true, norm.gain_gradient + i, left);
    }
    const F32x16 g = Sub16(Sub16(scaled(i, left), Set16(mean_g)), Mul16(xhat, Set16(mean_gx)));
    StoreGradient(Mul16(g, Set16(rstd)), accumulate, dx + i, left);
  }
}

HWY_INLINE F32x16 Positive(F32x16 x) { return Max16(x, Zero16()); }

struct ValueAndSlope {
  F32x16 value;
  F32x16 slope;
};

HWY_INLINE ValueAndSlope ActivationAndSlope(F32x16 x, ActivationKind kind) {
  if (kind == ActivationKind::kSilu) {
    const F32x16 one = Set16(1.0f);
    const F32x16 sigmoid = Div16(one, Add16(one, Exp16(Neg16(x))));
    const F32x16 value = Mul16(x, sigmoid);
    // sigma * (1 + x * (1 - sigma)) = sigma + value * (1 - sigma)
    return {value, Add16(sigmoid, Mul16(value, Sub16(one, sigmoid)))};
  }
  const F32x16 positive = Positive(x);
  if (kind == ActivationKind::kReluSquared) return {Mul16(positive, positive), Add16(positive, positive)};
  const F32x16 step = Map16(
      [](size_t, VF v) HWY_ATTR {
        const DF d;
        return hn::IfThenElseZero(hn::Gt(v, hn::Zero(d)), hn::Set(d, 1.0f));
      },
      x);
  return {positive, step};
}

void ActivateBackwardT(const float* x, const float* dy, size_t n, ActivationKind kind, bool accumulate, float* dx) {
  for (size_t i = 0; i < n; i += kLanes) {
    const F32x16 slope = ActivationAndSlope(Load16(x + i, n - i), kind).slope;
    StoreGradient(Mul16(Load16(dy + i, n - i), slope), accumulate, dx + i, n - i);
  }
}

void GateBackwardT(const float* gate, const float* up, const float* dy, size_t n, ActivationKind kind, bool accumulate,
                   float* d_gate, float* d_up) {
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t left = n - i;
    const ValueAndSlope a = ActivationAndSlope(Load16(gate + i, left), kind);
    const F32x16 g = Load16(dy + i, left);
    const F32x16 gate_gradient = Mul16(Mul16(g, Load16(up + i, left)), a.slope);
    StoreGradient(Mul16(g, a.value), accumulate, d_up + i, left);
    StoreGradient(gate_gradient, accumulate, d_gate + i, left);
  }
}

HWY_INLINE float MaxOver(const float* x, size_t n) {
  F32x16 largest = Set16(-HUGE_VALF);
  for (size_t i = 0; i < n; i += kLanes) largest = Max16(largest, LoadFilled(x + i, n - i, -HUGE_VALF));
  return MaxLane16(largest);
}

// x = exp(scale * (x - largest)); returns the sum.
HWY_INLINE float ExpInPlace(float* x, size_t n, float scale, float largest) {
  return SumOver(n, [&](size_t i, size_t left) HWY_ATTR {
    const F32x16 e = Exp16(Mul16(Sub16(LoadFilled(x + i, left, -HUGE_VALF), Set16(largest)), Set16(scale)));
    Store16(e, x + i, left);
    return e;
  });
}

void SoftmaxRowT(float* s, size_t visible, size_t n, float scale, ComputeType type, void* p) {
  const float sum = ExpInPlace(s, visible, scale, MaxOver(s, visible));
  std::fill(s + visible, s + n, 0.0f);
  ToComputeT(s, n, 1.0f / sum, type, p);
}

void SoftmaxBackwardRowT(const void* p, const float* dp, size_t visible, size_t n, float scale, ComputeType type,
                         void* ds) {
  ForType(type, ds, [&](auto* out) HWY_ATTR {
    const auto* in = static_cast<const std::remove_pointer_t<decltype(out)>*>(p);
    const float inner = SumOver(visible, [&](size_t i, size_t left) HWY_ATTR {
      return Mul16(LoadCompute(in + i, left), Load16(dp + i, left));
    });
    for (size_t i = 0; i < visible; i += kLanes) {
      const size_t left = visible - i;
      const F32x16 g = Mul16(LoadCompute(in + i, left), Sub16(Load16(dp + i, left), Set16(inner)));
      StoreCompute(Mul16(g, Set16(scale)), out + i, left);
    }
    std::memset(static_cast<void*>(out + visible), 0, (n - visible) * sizeof(*out));
  });
}

double CrossEntropyRowT(float* scores, size_t n, size_t target, float weight) {
  const float largest = MaxOver(scores, n);
  const double target_score = static_cast<double>(scores[target]) - static_cast<double>(largest);
  const float sum = ExpInPlace(scores, n, 1.0f, largest);
  ScaleT(scores, n, weight / sum, scores);
  scores[target] -= weight;
  return std::log(static_cast<double>(sum)) - target_score;
}

// Partial sums of 4096 elements in f32, those in f64.
template <class Term>
HWY_INLINE double WideSum(const float* x, size_t n, Term term) {
  constexpr size_t kPart = 4096;
  double sum = 0.0;
  for (size_t begin = 0; begin < n; begin += kPart) {
    const float* part = x + begin;
    sum += static_cast<double>(SumOver(std::min(kPart, n - begin),
                                       [&](size_t i, size_t left) HWY_ATTR { return term(Load16(part + i, left)); }));
  }
  return sum;
}

double SumOfSquaresT(const float* x, size_t n) {
  return WideSum(x, n, [](F32x16 v) HWY_ATTR { return Mul16(v, v); });
}

double SumOfMagnitudesT(const float* x, size_t n) {
  return WideSum(x, n, [](F32x16 v) HWY_ATTR { return Abs16(v); });
}

void AdamUpdateT(const AdamStep& step, const float* gradient, size_t n, float* weight, float* m, float* v) {
  const F32x16 decay = Set16(1.0f - step.learning_rate * step.weight_decay);
  const F32x16 rate = Set16(step.learning_rate * step.correction1);
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t left = n - i;
    const F32x16 g = Mul16(Load16(gradient + i, left), Set16(step.gradient_scale));
    const F32x16 first = Add16(Mul16(Load16(m + i, left), Set16(step.beta1)), Mul16(g, Set16(1.0f - step.beta1)));
    const F32x16 second =
        Add16(Mul16(Load16(v + i, left), Set16(step.beta2)), Mul16(Mul16(g, g), Set16(1.0f - step.beta2)));
    const F32x16 root =
        Map16([](size_t, VF u) HWY_ATTR { return hn::Sqrt(u); }, Mul16(second, Set16(step.correction2)));
    const F32x16 update = Div16(Mul16(first, rate), Add16(root, Set16(step.epsilon)));
    Store16(first, m + i, left);
    Store16(second, v + i, left);
    Store16(Sub16(Mul16(Load16(weight + i, left), decay), update), weight + i, left);
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise
HWY_AFTER_NAMESPACE();

#endif  // TRITWISE_TRAINER_ROW_OPS_GRADIENT_INL_H_
