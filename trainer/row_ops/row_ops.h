// SIMD loops that only training needs: conversions to the matrix products' number format, gradients of
// the row-wise operations, the loss, and the optimiser's update.
//
// One row or one range at a time, single-threaded; the trainer calls them from its workers. Unlike
// kernels/ they are not part of the numeric contract: gradients need not have the same bits on every
// machine (they do for one machine and instruction set).
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/numeric.h"

namespace tritwise {

// Element type of the operands of the trainer's matrix products.
enum class ComputeType : uint8_t { kBf16, kF32 };

constexpr size_t ComputeBytes(ComputeType type) { return type == ComputeType::kBf16 ? 2 : 4; }

struct NormGradient {
  NormKind kind = NormKind::kLayer;
  float eps = 1e-5f;
  const float* gain = nullptr;     // [n] or null
  float* gain_gradient = nullptr;  // [n], added to; null where there is no gain
};

struct AdamStep {
  float learning_rate = 0.0f;
  float beta1 = 0.9f;
  float beta2 = 0.95f;
  float epsilon = 1e-8f;
  float weight_decay = 0.0f;    // decoupled: w -= learning_rate * weight_decay * w
  float correction1 = 1.0f;     // 1 / (1 - beta1^t)
  float correction2 = 1.0f;     // 1 / (1 - beta2^t)
  float gradient_scale = 1.0f;  // clipping
};

// y (bf16 to nearest even, or f32) = x * factor.
void ToCompute(const float* x, size_t n, float factor, ComputeType type, void* y);
// y = q, exact.
void CodesToCompute(const int8_t* q, size_t n, ComputeType type, void* y);
// y = z + strength * (q - z) with z = x * scale: a value on its way to its integer q, which it is at strength 1.
void MixToCompute(const float* x, const int8_t* q, size_t n, float scale, float strength, ComputeType type, void* y);

// q = clamp(round(x * scale), -1, 1).
void RoundTernary(const float* x, size_t n, float scale, int8_t* q);

// A row of heads, the first `rotated` of which are turned by their position: pair i of a head is (element i,
// element i + head_size/2).
struct HeadRow {
  size_t rotated = 0;
  size_t heads = 0;
  size_t head_size = 0;
  size_t pairs = 0;  // head_size/2, or 0: nothing is turned
};
// y = x with its first heads turned.
void RotateToCompute(const float* x, const HeadRow& row, const float* cosine, const float* sine, ComputeType type,
                     void* y);
// The other way round, in place: for gradients.
void RotateBack(float* x, const HeadRow& row, const float* cosine, const float* sine);

// y += x.
void Accumulate(const float* x, size_t n, float* y);
// y = y * factor + bias; bias may be null.
void ScaleAndBias(float* y, size_t n, float factor, const float* bias);

// dx (set, or added to where `accumulate`) from dy * dy_factor, for y = norm(x) * gain.
void NormBackward(const float* x, const float* dy, size_t n, float dy_factor, const NormGradient& norm, bool accumulate,
                  float* dx);

void ActivateBackward(const float* x, const float* dy, size_t n, ActivationKind kind, bool accumulate, float* dx);
// d_gate and d_up are set or added to.
void GateBackward(const float* gate, const float* up, const float* dy, size_t n, ActivationKind kind, bool accumulate,
                  float* d_gate, float* d_up);

// p = softmax(scale * s[0..visible)), zeros behind up to n. s is overwritten.
void SoftmaxRow(float* s, size_t visible, size_t n, float scale, ComputeType type, void* p);
// ds = p * (dp - sum(p * dp)) * scale for the visible entries, zeros behind.
void SoftmaxBackwardRow(const void* p, const float* dp, size_t visible, size_t n, float scale, ComputeType type,
                        void* ds);

// Turns the scores of one row into the gradient of -log softmax(scores)[target] * weight, in place, and
// returns that loss without the weight.
double CrossEntropyRow(float* scores, size_t n, size_t target, float weight);

double SumOfSquares(const float* x, size_t n);
double SumOfMagnitudes(const float* x, size_t n);
void AdamUpdate(const AdamStep& step, const float* gradient, size_t n, float* weight, float* m, float* v);

}  // namespace tritwise
