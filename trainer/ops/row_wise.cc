// Operations that look at one row at a time and have no matrix: norm, activation, gate, addition.
#include <algorithm>

#include "trainer/ops/op.h"

namespace tritwise {
namespace {

class RowWiseOp : public TrainOp {
 public:
  RowWiseOp(const OpEnvironment& environment, const Op& op)
      : env_(environment),
        op_(op),
        width_(static_cast<size_t>(environment.graph.value_widths[static_cast<size_t>(op.output)])) {}

 protected:
  const OpEnvironment& env_;
  const Op& op_;
  size_t width_;  // of the output
};

class NormOp : public RowWiseOp {
 public:
  NormOp(const OpEnvironment& environment, const Op& op, const NormAttrs& attrs)
      : RowWiseOp(environment, op), attrs_(attrs) {}

  void Forward(TrainPass& pass) override {
    const float* x = pass.value(op_.inputs[0]);
    for (size_t r = 0; r < pass.rows; ++r) {
      env_.kernels.norm_row(x + r * width_, width_, attrs_.kind, attrs_.eps, Gain(pass),
                            pass.value(op_.output) + r * width_);
    }
  }

  void Backward(TrainPass& pass) override {
    const float* x = pass.value(op_.inputs[0]);
    const float* dy = pass.OutputGradient(op_);
    const GradientSlot dx = pass.InputGradient(op_, 0);
    NormGradient norm{attrs_.kind, attrs_.eps, Gain(pass), nullptr};
    if (attrs_.gain != kNoTensor) {
      gain_gradient_.assign(width_, 0.0f);
      norm.gain_gradient = gain_gradient_.data();
    }
    scratch_.Reserve(width_);
    for (size_t r = 0; r < pass.rows; ++r) {
      float* out = dx.data != nullptr ? dx.data + r * width_ : scratch_.data();
      NormBackward(x + r * width_, dy + r * width_, width_, 1.0f, norm, dx.accumulate, out);
    }
    if (attrs_.gain == kNoTensor) return;
    GradientSum::Turn turn = pass.ParameterGradient(op_, attrs_.gain);
    Accumulate(gain_gradient_.data(), width_, turn.Zeroed());
  }
  bool ReadsInputs(const TrainPass&) const override { return true; }
  bool IsCheap() const override { return true; }

 private:
  const float* Gain(const TrainPass& pass) const {
    return attrs_.gain == kNoTensor ? nullptr : env_.layout.Of(pass.parameters, attrs_.gain).data();
  }
  NormAttrs attrs_;
  std::vector<float> gain_gradient_;
  AlignedBuffer<float> scratch_;
};

class ActivationOp : public RowWiseOp {
 public:
  ActivationOp(const OpEnvironment& environment, const Op& op, ActivationKind kind)
      : RowWiseOp(environment, op), kind_(kind) {}

  void Forward(TrainPass& pass) override {
    env_.kernels.activate_row(pass.value(op_.inputs[0]), pass.rows * width_, kind_, pass.value(op_.output));
  }

  void Backward(TrainPass& pass) override {
    const GradientSlot dx = pass.InputGradient(op_, 0);
    if (dx.data == nullptr) return;
    ActivateBackward(pass.value(op_.inputs[0]), pass.OutputGradient(op_), pass.rows * width_, kind_, dx.accumulate,
                     dx.data);
  }
  bool ReadsInputs(const TrainPass&) const override { return true; }
  bool IsCheap() const override { return true; }

 private:
  ActivationKind kind_;
};

class GatedActivationOp : public RowWiseOp {
 public:
  GatedActivationOp(const OpEnvironment& environment, const Op& op, ActivationKind kind)
      : RowWiseOp(environment, op), kind_(kind) {}

  void Forward(TrainPass& pass) override {
    for (size_t r = 0; r < pass.rows; ++r) {
      env_.kernels.gate_row(Gate(pass, r), Up(pass, r), width_, kind_, pass.value(op_.output) + r * width_);
    }
  }

  void Backward(TrainPass& pass) override {
    const bool fused = op_.inputs.size() == 1;
    const GradientSlot d_gate = pass.InputGradient(op_, 0);
    const GradientSlot d_up = fused ? d_gate : pass.InputGradient(op_, 1);
    scratch_.Reserve(2 * width_);
    for (size_t r = 0; r < pass.rows; ++r) {
      // Each half on its own, because one may be set and the other added to; null goes to scratch.
      float* gate = d_gate.data == nullptr ? nullptr : d_gate.data + r * (fused ? 2 * width_ : width_);
      float* up = d_up.data == nullptr ? nullptr : (fused ? gate + width_ : d_up.data + r * width_);
      const float* dy = pass.OutputGradient(op_) + r * width_;
      if (gate != nullptr && up != nullptr && d_gate.accumulate == d_up.accumulate) {
        GateBackward(Gate(pass, r), Up(pass, r), dy, width_, kind_, d_gate.accumulate, gate, up);
        continue;
      }
      float* half_gate = scratch_.data();
      float* half_up = half_gate + width_;
      GateBackward(Gate(pass, r), Up(pass, r), dy, width_, kind_, false, half_gate, half_up);
      Deliver(half_gate, gate, d_gate.accumulate);
      Deliver(half_up, up, d_up.accumulate);
    }
  }
  bool ReadsInputs(const TrainPass&) const override { return true; }
  bool IsCheap() const override { return true; }

 private:
  const float* Gate(TrainPass& pass, size_t r) const {
    return pass.value(op_.inputs[0]) + r * (op_.inputs.size() == 1 ? 2 * width_ : width_);
  }
  const float* Up(TrainPass& pass, size_t r) const {
    return op_.inputs.size() == 1 ? Gate(pass, r) + width_ : pass.value(op_.inputs[1]) + r * width_;
  }
  void Deliver(const float* half, float* to, bool accumulate) const {
    if (to == nullptr) return;
    if (accumulate) {
      Accumulate(half, width_, to);
    } else {
      std::copy_n(half, width_, to);
    }
  }

  ActivationKind kind_;
  AlignedBuffer<float> scratch_;
};

class AddOp : public RowWiseOp {
 public:
  using RowWiseOp::RowWiseOp;

  void Forward(TrainPass& pass) override {
    env_.kernels.add_row(pass.value(op_.inputs[0]), pass.value(op_.inputs[1]), pass.rows * width_,
                         pass.value(op_.output));
  }

  void Backward(TrainPass& pass) override {
    for (size_t i = 0; i < 2; ++i) pass.PassGradientOn(op_, i);
  }
};

}  // namespace

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const NormAttrs& attrs) {
  return std::make_unique<NormOp>(environment, op, attrs);
}
std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const ActivationAttrs& attrs) {
  return std::make_unique<ActivationOp>(environment, op, attrs.kind);
}
std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op,
                                     const GatedActivationAttrs& attrs) {
  return std::make_unique<GatedActivationOp>(environment, op, attrs.kind);
}
std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const AddAttrs&) {
  return std::make_unique<AddOp>(environment, op);
}

}  // namespace tritwise
