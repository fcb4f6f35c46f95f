// Linear layers, ternary and plain: quantise the rows, multiply, scale; straight-through gradients.
//
// With g the gradient of y, step the value of one activation unit of a row and scale the value of weight
// code +1 (maths: arXiv 2402.17764, 2502.11895; scales are constants for the gradient):
//   y = (q . t^T) * (step * scale) + bias       dW = (g * step)^T . q       d(norm(x)) = (g . t) * scale
// The rows of g are multiplied by step once, for both products. At full strength the forward product is one
// of int8 where the CPU has that, and only the codes are kept for the backward pass.
#include "trainer/ops/linear.h"

#include <algorithm>

namespace tritwise {
namespace {

// Integer sums over this many columns of int8 weights are exact in f32: 128 * 127 * 1024 < 2^24.
constexpr size_t kExactColumns = 1024;

// Scores of a wide head are made about this many at a time: few enough for their memory, many enough for the
// product to pay for reading the weights.
constexpr size_t kChunkScores = 1 << 22;

}  // namespace

LinearOp::LinearOp(const OpEnvironment& environment, const Op& op, int32_t weight, int32_t bias,
                   const ActivationQuantiser& quantiser, bool ternary)
    : env_(environment),
      op_(op),
      weight_(weight),
      bias_(bias),
      quantiser_(quantiser),
      ternary_(ternary),
      outputs_(static_cast<size_t>(spec().rows)),
      inputs_(static_cast<size_t>(spec().cols)),
      element_(ComputeBytes(environment.matmul.type())) {
  scratch_.Reserve((inputs_ + 15) / 16 * 16);
}

bool LinearOp::ReadsInputs(const TrainPass& pass) const {
  return IsQuantised(pass) && (quantiser_.norm != NormKind::kNone || quantiser_.gain != kNoTensor);
}

void LinearOp::Forward(TrainPass& pass) {
  gradient_ready_ = false;
  ForwardRows(pass, 0, pass.rows, pass.value(op_.output));
}

bool LinearOp::ForwardInChunks(TrainPass& pass, bool gradients, const RowSink& sink) {
  const size_t chunks = (pass.rows * outputs_ + kChunkScores - 1) / kChunkScores;
  const size_t chunk = (pass.rows + chunks - 1) / chunks;
  float* scores = env_.scratch.Get<float>(Scratch::kScores, chunk * outputs_);
  std::byte* gradient =
      gradients ? env_.scratch.Get<std::byte>(Scratch::kOutputGradient, pass.rows * outputs_ * element_) : nullptr;
  if (gradients && bias_ != kNoTensor) bias_gradient_.assign(outputs_, 0.0f);
  for (size_t first = 0; first < pass.rows; first += chunk) {
    const size_t count = std::min(chunk, pass.rows - first);
    ForwardRows(pass, first, count, scores);
    sink(first, count, scores);
    if (gradients) TakeGradient(scores, first, count, gradient);
  }
  gradient_ready_ = gradients;
  return true;
}

void LinearOp::TakeGradient(const float* dy, size_t first, size_t count, std::byte* gradient) {
  const ComputeType type = env_.matmul.type();
  for (size_t r = 0; r < count; ++r) {
    const float* row = dy + r * outputs_;
    ToCompute(row, outputs_, steps_[first + r], type, gradient + (first + r) * outputs_ * element_);
    if (bias_ != kNoTensor) Accumulate(row, outputs_, bias_gradient_.data());
  }
}

void LinearOp::Backward(TrainPass& pass) {
  const ComputeType type = env_.matmul.type();
  std::byte* gradient = env_.scratch.Get<std::byte>(Scratch::kOutputGradient, pass.rows * outputs_ * element_);
  if (!gradient_ready_) {
    if (bias_ != kNoTensor) bias_gradient_.assign(outputs_, 0.0f);
    TakeGradient(pass.OutputGradient(op_), 0, pass.rows, gradient);
  }
  gradient_ready_ = false;
  const void* operand = operand_.data();
  if (operand_is_codes_) {
    std::byte* converted = env_.scratch.Get<std::byte>(Scratch::kOperand, pass.rows * inputs_ * element_);
    CodesToCompute(codes_.data(), pass.rows * inputs_, type, converted);
    operand = converted;
  }
  {
    const GradientSum::Turn turn = pass.ParameterGradient(op_, weight_);
    env_.matmul.Run(outputs_, inputs_, pass.rows, {gradient, outputs_, true}, {operand, inputs_, false}, turn.data(),
                    inputs_, turn.accumulate());
  }
  if (bias_ != kNoTensor) {
    GradientSum::Turn turn = pass.ParameterGradient(op_, bias_);
    Accumulate(bias_gradient_.data(), outputs_, turn.Zeroed());
  }
  InputBackward(pass, gradient);
}

void LinearOp::InputBackward(TrainPass& pass, const std::byte* gradient) {
  const GradientSlot dx = pass.InputGradient(op_, 0);
  const bool quantised = IsQuantised(pass);
  if (quantiser_.gain != kNoTensor) gain_gradient_.assign(inputs_, 0.0f);
  const MatrixView g = {gradient, outputs_, false};
  const MatrixView w = {pass.weights->matrix(weight_), inputs_, false};
  if (quantised && (dx.data != nullptr || quantiser_.gain != kNoTensor)) {
    float* d_norm = env_.scratch.Get<float>(Scratch::kInputGradient, pass.rows * inputs_);
    env_.matmul.Run(pass.rows, inputs_, outputs_, g, w, d_norm, inputs_, false);
    NormBackwardRows(pass, d_norm, dx);
  } else if (dx.data != nullptr) {
    env_.matmul.Run(pass.rows, inputs_, outputs_, g, w, dx.data, inputs_, dx.accumulate);
  }
  if (ternary_ && quantiser_.gain != kNoTensor) {
    GradientSum::Turn turn = pass.ParameterGradient(op_, quantiser_.gain);
    Accumulate(gain_gradient_.data(), inputs_, turn.Zeroed());
  }
}

void LinearOp::NormBackwardRows(TrainPass& pass, const float* d_norm, const GradientSlot& dx) {
  NormGradient norm{quantiser_.norm, quantiser_.norm_eps, Parameter(pass, quantiser_.gain), nullptr};
  if (quantiser_.gain != kNoTensor) norm.gain_gradient = gain_gradient_.data();
  const float* x = ReadsInputs(pass) ? pass.value(op_.inputs[0]) : d_norm;
  const float scale = pass.weights->scale(weight_);
  for (size_t r = 0; r < pass.rows; ++r) {
    // Features have no gradient, but the gain in front of them has.
    float* out = dx.data != nullptr ? dx.data + r * inputs_ : scratch_.data();
    NormBackward(x + r * inputs_, d_norm + r * inputs_, inputs_, scale / steps_[r], norm, dx.accumulate, out);
  }
}

void LinearOp::ForwardRows(TrainPass& pass, size_t first, size_t count, float* y) {
  if (first == 0) steps_.assign(pass.rows, 1.0f);
  if (!ternary_ && pass.precision == Precision::kExported) return ForwardExported(pass, first, count, y);
  const bool quantised = IsQuantised(pass);
  const int8_t* weight_codes = quantised ? pass.weights->codes(weight_) : nullptr;
  operand_is_codes_ = weight_codes != nullptr;
  if (operand_is_codes_) {
    int8_t* codes = codes_.Reserve(pass.rows * inputs_) + first * inputs_;
    QuantiseRows(pass, first, count, codes);
    env_.matmul.RunInt8(count, outputs_, inputs_, codes, weight_codes, y);
  } else {
    std::byte* operand = operand_.Reserve(pass.rows * inputs_ * element_) + first * inputs_ * element_;
    if (quantised) {
      MixRows(pass, first, count, operand);
    } else {
      ToCompute(Row(pass, first), count * inputs_, 1.0f, env_.matmul.type(), operand);
    }
    env_.matmul.Run(count, outputs_, inputs_, {operand, inputs_, false}, {pass.weights->matrix(weight_), inputs_, true},
                    y, outputs_, false);
  }
  const float* bias = Parameter(pass, bias_);
  if (!quantised && bias == nullptr) return;
  const float scale = quantised ? pass.weights->scale(weight_) : 1.0f;
  for (size_t r = 0; r < count; ++r) ScaleAndBias(y + r * outputs_, outputs_, steps_[first + r] * scale, bias);
}

const float* LinearOp::Row(TrainPass& pass, size_t row) const { return pass.value(op_.inputs[0]) + row * inputs_; }

kernels::RowQuantiser LinearOp::Quantiser(const TrainPass& pass) const {
  return {
      quantiser_.norm,   quantiser_.norm_eps, Parameter(pass, quantiser_.gain), static_cast<float>(quantiser_.range),
      quantiser_.lowest, quantiser_.measure};
}

void LinearOp::QuantiseRows(TrainPass& pass, size_t first, size_t count, int8_t* codes) {
  const kernels::RowQuantiser quantiser = Quantiser(pass);
  for (size_t r = 0; r < count; ++r) {
    steps_[first + r] =
        env_.kernels
            .norm_quantise_row(Row(pass, first + r), inputs_, quantiser, scratch_.data(), codes + r * inputs_, inputs_)
            .step;
  }
}

void LinearOp::MixRows(TrainPass& pass, size_t first, size_t count, std::byte* out) {
  const kernels::RowQuantiser quantiser = Quantiser(pass);
  const ComputeType type = env_.matmul.type();
  auto* codes = env_.scratch.Get<int8_t>(Scratch::kRow, count * inputs_);
  QuantiseRows(pass, first, count, codes);
  if (pass.phase.strength == 1.0f) return CodesToCompute(codes, count * inputs_, type, out);
  for (size_t r = 0; r < count; ++r) {
    env_.kernels.norm_row(Row(pass, first + r), inputs_, quantiser.norm, quantiser.norm_eps, quantiser.gain,
                          scratch_.data());
    MixToCompute(scratch_.data(), codes + r * inputs_, inputs_, 1.0f / steps_[first + r], pass.phase.strength, type,
                 out + r * inputs_ * element_);
  }
}

void LinearOp::ForwardExported(TrainPass& pass, size_t first, size_t count, float* y) {
  const Storage storage = spec().storage;
  if (HasGroups(spec())) return ForwardGroups(pass, first, count, y);
  if (storage == Storage::kI8) return ForwardInt8(pass, first, count, y);
  for (size_t r = 0; r < count; ++r) {
    float* row = y + r * outputs_;
    const float* x = Row(pass, first + r);
    if (storage == Storage::kF16) {
      env_.kernels.linear_f16(pass.weights->exported(weight_).f16.data(), inputs_, x, 0, outputs_, row);
    } else {
      env_.kernels.linear_f32(Parameter(pass, weight_), inputs_, x, 0, outputs_, row);
    }
    if (bias_ != kNoTensor) env_.kernels.add_row(row, Parameter(pass, bias_), outputs_, row);
  }
}

std::byte* LinearOp::RowCodes(TrainPass& pass, size_t first, size_t count) {
  auto* codes = env_.scratch.Get<int8_t>(Scratch::kRow, count * inputs_);
  QuantiseRows(pass, first, count, codes);
  std::byte* operand = env_.scratch.Get<std::byte>(Scratch::kOperand, count * inputs_ * element_);
  CodesToCompute(codes, count * inputs_, env_.matmul.type(), operand);
  return operand;
}

void LinearOp::ForwardInt8(TrainPass& pass, size_t first, size_t count, float* y) {
  const std::byte* operand = RowCodes(pass, first, count);
  sums_.assign(count * outputs_, 0);
  const auto* weights = static_cast<const std::byte*>(pass.weights->matrix(weight_));
  for (size_t begin = 0; begin < inputs_; begin += kExactColumns) {
    const size_t columns = std::min(kExactColumns, inputs_ - begin);
    env_.matmul.Run(count, outputs_, columns, {operand + begin * element_, inputs_, false},
                    {weights + begin * element_, inputs_, true}, y, outputs_, false);
    for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += static_cast<int32_t>(y[i]);
  }
  const std::vector<float>& scales = pass.weights->exported(weight_).int8.scales;
  for (size_t r = 0; r < count; ++r) {
    env_.kernels.scale_sums(sums_.data() + r * outputs_, outputs_, steps_[first + r], scales.data(), 1,
                            Parameter(pass, bias_), y + r * outputs_);
  }
}

// One product for each group of columns: below 2^24, so exact in f32.
void LinearOp::ForwardGroups(TrainPass& pass, size_t first, size_t count, float* y) {
  const std::byte* operand = RowCodes(pass, first, count);
  const auto* weights = static_cast<const std::byte*>(pass.weights->matrix(weight_));
  const float* scales = pass.weights->exported(weight_).groups.scales.data();
  const auto group_cols = static_cast<size_t>(GroupCols(spec()));
  group_sums_.resize(count * outputs_);
  sums_.resize(count * outputs_);
  std::fill_n(y, count * outputs_, 0.0f);
  for (size_t begin = 0; begin < inputs_; begin += group_cols, scales += outputs_) {
    const size_t columns = std::min(group_cols, inputs_ - begin);
    env_.matmul.Run(count, outputs_, columns, {operand + begin * element_, inputs_, false},
                    {weights + begin * element_, inputs_, true}, group_sums_.data(), outputs_, false);
    for (size_t i = 0; i < sums_.size(); ++i) sums_[i] = static_cast<int32_t>(group_sums_[i]);
    for (size_t r = 0; r < count; ++r) {
      env_.kernels.add_scaled_sums(sums_.data() + r * outputs_, outputs_, scales, y + r * outputs_);
    }
  }
  for (size_t r = 0; r < count; ++r) {
    env_.kernels.finish_row(outputs_, steps_[first + r], Parameter(pass, bias_), y + r * outputs_);
  }
}

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const TernaryLinearAttrs& attrs) {
  return std::make_unique<LinearOp>(environment, op, attrs.weight, attrs.bias, attrs.quantiser, true);
}

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const PlainLinearAttrs& attrs) {
  return std::make_unique<LinearOp>(environment, op, attrs.weight, attrs.bias, attrs.quantiser, false);
}

}  // namespace tritwise
