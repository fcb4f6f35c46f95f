// Linear layers, ternary and plain: quantise the rows, multiply, scale; straight-through gradients.
//
// With g the gradient of y, step the value of one activation unit of a row and scale the value of weight
// code +1 (maths: arXiv 2402.17764, 2502.11895; scales are constants for the gradient):
//   y = (q . t^T) * (step * scale) + bias       dW = (g * step)^T . q       d(norm(x)) = (g . t) * scale
// The rows of g are multiplied by step once, for both products.
#include <algorithm>

#include "trainer/ops/op.h"

namespace tritwise {
namespace {

// Integer sums over this many columns of int8 weights are exact in f32: 128 * 127 * 1024 < 2^24.
constexpr size_t kExactColumns = 1024;

class LinearOp : public TrainOp {
 public:
  LinearOp(const OpEnvironment& environment, const Op& op, int32_t weight, int32_t bias,
           const ActivationQuantiser& quantiser, bool ternary)
      : env_(environment),
        op_(op),
        weight_(weight),
        bias_(bias),
        quantiser_(quantiser),
        ternary_(ternary),
        outputs_(static_cast<size_t>(spec().rows)),
        inputs_(static_cast<size_t>(spec().cols)) {
    codes_.Reserve(inputs_);
    scratch_.Reserve((inputs_ + 15) / 16 * 16);
  }

  void Forward(TrainPass& pass) override {
    if (!ternary_ && pass.precision == Precision::kExported) return ForwardExported(pass);
    const bool quantised = ternary_ && pass.phase.ternary;
    const ComputeType type = env_.matmul.type();
    const float* x = pass.value(op_.inputs[0]);
    float* y = pass.value(op_.output);
    std::byte* operand = operand_.Reserve(pass.rows * inputs_ * ComputeBytes(type));
    steps_.resize(pass.rows);
    for (size_t r = 0; r < pass.rows; ++r) {
      std::byte* row = operand + r * inputs_ * ComputeBytes(type);
      if (quantised) {
        steps_[r] = QuantiseRow(pass, x + r * inputs_, row);
      } else {
        steps_[r] = 1.0f;
        ToCompute(x + r * inputs_, inputs_, 1.0f, type, row);
      }
    }
    env_.matmul.Run(pass.rows, outputs_, inputs_, {operand, inputs_, false},
                    {pass.weights->matrix(weight_), inputs_, true}, y, outputs_, false);
    const float* bias = Bias(pass);
    if (!quantised && bias == nullptr) return;
    const float scale = quantised ? pass.weights->scale(weight_) : 1.0f;
    for (size_t r = 0; r < pass.rows; ++r) ScaleAndBias(y + r * outputs_, outputs_, steps_[r] * scale, bias);
  }

  void Backward(TrainPass& pass) override {
    const bool quantised = ternary_ && pass.phase.ternary;
    const ComputeType type = env_.matmul.type();
    const float* dy = pass.OutputGradient(op_);
    std::byte* gradient = gradient_.Reserve(pass.rows * outputs_ * ComputeBytes(type));
    for (size_t r = 0; r < pass.rows; ++r) {
      ToCompute(dy + r * outputs_, outputs_, steps_[r], type, gradient + r * outputs_ * ComputeBytes(type));
    }
    env_.matmul.Run(outputs_, inputs_, pass.rows, {gradient, outputs_, true}, {operand_.data(), inputs_, false},
                    ParameterGradient(pass, weight_), inputs_, true);
    if (bias_ != kNoTensor) {
      for (size_t r = 0; r < pass.rows; ++r) Accumulate(dy + r * outputs_, outputs_, ParameterGradient(pass, bias_));
    }
    const GradientSlot dx = pass.InputGradient(op_, 0);
    if (dx.data == nullptr && quantiser_.gain == kNoTensor) return;
    const MatrixView g = {gradient, outputs_, false};
    const MatrixView w = {pass.weights->matrix(weight_), inputs_, false};
    if (!quantised) {
      if (dx.data != nullptr) env_.matmul.Run(pass.rows, inputs_, outputs_, g, w, dx.data, inputs_, dx.accumulate);
      return;
    }
    float* d_norm = input_gradient_.Reserve(pass.rows * inputs_);
    env_.matmul.Run(pass.rows, inputs_, outputs_, g, w, d_norm, inputs_, false);
    NormBackwardRows(pass, d_norm, dx);
  }

 private:
  const TensorSpec& spec() const { return env_.graph.tensors[static_cast<size_t>(weight_)]; }
  const float* Parameter(const TrainPass& pass, int32_t tensor) const {
    return tensor == kNoTensor ? nullptr : env_.layout.Of(pass.parameters, tensor).data();
  }
  const float* Bias(const TrainPass& pass) const { return Parameter(pass, bias_); }
  float* ParameterGradient(const TrainPass& pass, int32_t tensor) const {
    return pass.parameter_gradients + env_.layout.begin(static_cast<size_t>(tensor));
  }

  kernels::RowQuantiser RowQuantiser(const TrainPass& pass) const {
    return {quantiser_.norm, quantiser_.norm_eps, Parameter(pass, quantiser_.gain),
            static_cast<float>(quantiser_.range), quantiser_.lowest};
  }

  // One row as (mixed) activation codes; returns the value of one code.
  float QuantiseRow(const TrainPass& pass, const float* x, std::byte* out) {
    const kernels::RowQuantiser quantiser = RowQuantiser(pass);
    const kernels::QuantisedRow row =
        env_.kernels.norm_quantise_row(x, inputs_, quantiser, scratch_.data(), codes_.data(), inputs_);
    if (pass.phase.strength == 1.0f) {
      CodesToCompute(codes_.data(), inputs_, env_.matmul.type(), out);
    } else {
      env_.kernels.norm_row(x, inputs_, quantiser.norm, quantiser.norm_eps, quantiser.gain, scratch_.data());
      MixToCompute(scratch_.data(), codes_.data(), inputs_, 1.0f / row.step, pass.phase.strength, env_.matmul.type(),
                   out);
    }
    return row.step;
  }

  void NormBackwardRows(TrainPass& pass, const float* d_norm, const GradientSlot& dx) {
    const float* x = pass.value(op_.inputs[0]);
    NormGradient norm{quantiser_.norm, quantiser_.norm_eps, Parameter(pass, quantiser_.gain), nullptr};
    if (quantiser_.gain != kNoTensor) norm.gain_gradient = ParameterGradient(pass, quantiser_.gain);
    const float scale = pass.weights->scale(weight_);
    for (size_t r = 0; r < pass.rows; ++r) {
      // Features have no gradient, but the gain in front of them has.
      float* out = dx.data != nullptr ? dx.data + r * inputs_ : scratch_.data();
      NormBackward(x + r * inputs_, d_norm + r * inputs_, inputs_, scale / steps_[r], norm, dx.accumulate, out);
    }
  }

  // As the file defines it, for whatever storage the weight will have.
  void ForwardExported(TrainPass& pass) {
    const float* x = pass.value(op_.inputs[0]);
    float* y = pass.value(op_.output);
    const Storage storage = spec().storage;
    if (storage == Storage::kI8) return ForwardInt8(pass, x, y);
    for (size_t r = 0; r < pass.rows; ++r) {
      float* row = y + r * outputs_;
      if (storage == Storage::kF16) {
        env_.kernels.linear_f16(pass.weights->exported(weight_).f16.data(), inputs_, x + r * inputs_, 0, outputs_, row);
      } else {
        env_.kernels.linear_f32(Parameter(pass, weight_), inputs_, x + r * inputs_, 0, outputs_, row);
      }
      if (bias_ != kNoTensor) env_.kernels.add_row(row, Bias(pass), outputs_, row);
    }
  }

  void ForwardInt8(TrainPass& pass, const float* x, float* y) {
    const ComputeType type = env_.matmul.type();
    std::byte* operand = operand_.Reserve(pass.rows * inputs_ * ComputeBytes(type));
    steps_.resize(pass.rows);
    const kernels::RowQuantiser quantiser = RowQuantiser(pass);
    for (size_t r = 0; r < pass.rows; ++r) {
      steps_[r] =
          env_.kernels.norm_quantise_row(x + r * inputs_, inputs_, quantiser, scratch_.data(), codes_.data(), inputs_)
              .step;
      CodesToCompute(codes_.data(), inputs_, type, operand + r * inputs_ * ComputeBytes(type));
    }
    sums_.assign(pass.rows * outputs_, 0);
    const auto* weights = static_cast<const std::byte*>(pass.weights->matrix(weight_));
    for (size_t begin = 0; begin < inputs_; begin += kExactColumns) {
      const size_t count = std::min(kExactColumns, inputs_ - begin);
      env_.matmul.Run(pass.rows, outputs_, count, {operand + begin * ComputeBytes(type), inputs_, false},
                      {weights + begin * ComputeBytes(type), inputs_, true}, y, outputs_, false);
      for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += static_cast<int32_t>(y[i]);
    }
    const std::vector<float>& scales = pass.weights->exported(weight_).int8.scales;
    for (size_t r = 0; r < pass.rows; ++r) {
      env_.kernels.scale_sums(sums_.data() + r * outputs_, outputs_, steps_[r], scales.data(), 1, Bias(pass),
                              y + r * outputs_);
    }
  }

  const OpEnvironment& env_;
  const Op& op_;
  int32_t weight_;
  int32_t bias_;
  ActivationQuantiser quantiser_;
  bool ternary_;
  size_t outputs_;
  size_t inputs_;
  AlignedBuffer<std::byte> operand_;   // [rows, inputs], kept for the backward pass
  AlignedBuffer<std::byte> gradient_;  // [rows, outputs]
  AlignedBuffer<float> input_gradient_;
  AlignedBuffer<float> scratch_;
  AlignedBuffer<int8_t> codes_;
  std::vector<float> steps_;  // value of one activation code, row by row
  std::vector<int32_t> sums_;
};

}  // namespace

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const TernaryLinearAttrs& attrs) {
  return std::make_unique<LinearOp>(environment, op, attrs.weight, attrs.bias, attrs.quantiser, true);
}

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const PlainLinearAttrs& attrs) {
  return std::make_unique<LinearOp>(environment, op, attrs.weight, attrs.bias, attrs.quantiser, false);
}

}  // namespace tritwise
