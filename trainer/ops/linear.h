// A linear layer while training: how it computes stands in linear.cc.
#pragma once

#include <vector>

#include "trainer/ops/op.h"

namespace tritwise {

class LinearOp : public TrainOp {
 public:
  LinearOp(const OpEnvironment& environment, const Op& op, int32_t weight, int32_t bias,
           const ActivationQuantiser& quantiser, bool ternary);

  void Forward(TrainPass& pass) override;
  bool ForwardInChunks(TrainPass& pass, bool gradients, const RowSink& sink) override;
  void Backward(TrainPass& pass) override;
  bool ReadsInputs(const TrainPass& pass) const override;

 private:
  const TensorSpec& spec() const { return env_.graph.tensors[static_cast<size_t>(weight_)]; }
  bool IsQuantised(const TrainPass& pass) const { return ternary_ && pass.phase.ternary; }
  const float* Parameter(const TrainPass& pass, int32_t tensor) const {
    return tensor == kNoTensor ? nullptr : env_.layout.Of(pass.parameters, tensor).data();
  }
  const float* Row(TrainPass& pass, size_t row) const;
  kernels::RowQuantiser Quantiser(const TrainPass& pass) const;

  // Rows [first, first + count) of the output; leaves their operands for the backward pass.
  void ForwardRows(TrainPass& pass, size_t first, size_t count, float* y);
  // As the file defines it, for whatever storage the weight will have.
  void ForwardExported(TrainPass& pass, size_t first, size_t count, float* y);
  void ForwardInt8(TrainPass& pass, size_t first, size_t count, float* y);
  void ForwardGroups(TrainPass& pass, size_t first, size_t count, float* y);
  // Rows as an operand of whole numbers.
  std::byte* RowCodes(TrainPass& pass, size_t first, size_t count);
  // Rows as activation codes; leaves the value of one code of each in steps_.
  void QuantiseRows(TrainPass& pass, size_t first, size_t count, int8_t* codes);
  // Rows on their way to their codes.
  void MixRows(TrainPass& pass, size_t first, size_t count, std::byte* out);

  // Rows of the output's gradient, times step, as an operand; sums the bias's gradient.
  void TakeGradient(const float* dy, size_t first, size_t count, std::byte* gradient);
  void InputBackward(TrainPass& pass, const std::byte* gradient);
  void NormBackwardRows(TrainPass& pass, const float* d_norm, const GradientSlot& dx);

  const OpEnvironment& env_;
  const Op& op_;
  int32_t weight_;
  int32_t bias_;
  ActivationQuantiser quantiser_;
  bool ternary_;
  size_t outputs_;
  size_t inputs_;
  size_t element_;  // bytes of an operand's element
  // Kept for the backward pass, [rows, inputs]: one or the other.
  AlignedBuffer<std::byte> operand_;
  AlignedBuffer<int8_t> codes_;
  bool operand_is_codes_ = false;
  bool gradient_ready_ = false;  // as an operand, in scratch memory
  std::vector<float> steps_;     // value of one activation code, row by row
  std::vector<float> bias_gradient_;
  std::vector<float> gain_gradient_;
  std::vector<int32_t> sums_;
  std::vector<float> group_sums_;
  AlignedBuffer<float> scratch_;
};

}  // namespace tritwise
