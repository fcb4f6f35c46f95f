#include "format/verify.h"

#include <cinttypes>
#include <cmath>
#include <set>
#include <span>

#include "format/narrow_layout.h"
#include "format/ternary_layout.h"

namespace tritwise {
namespace {

template <class Enum>
bool AtMost(Enum value, Enum last) {
  return static_cast<int>(value) <= static_cast<int>(last);
}

bool PositiveFinite(float value) { return std::isfinite(value) && value > 0.0f; }

// Checks one graph; every method returns the first thing that is wrong.
class Checker {
 public:
  Checker(const Graph& graph, const std::string& where) : graph_(graph), where_(where) {}

  Status Run() {
    TRITWISE_RETURN_IF_ERROR(CheckHead());
    for (const TensorSpec& tensor : graph_.tensors) TRITWISE_RETURN_IF_ERROR(CheckTensor(tensor));
    written_.assign(graph_.value_widths.size(), false);
    if (graph_.input == InputKind::kFeatures) written_[0] = true;
    for (const Op& op : graph_.ops) {
      op_ = &op;
      TRITWISE_RETURN_IF_ERROR(CheckOp(op));
    }
    if (graph_.output != graph_.ops.back().output) {
      return Error("the output is not the value of the last operation");
    }
    return Status();
  }

 private:
  Status Error(const char* what) const {
    return Status::Error(StatusCode::kCorrupt, "%s: graph: %s", where_.c_str(), what);
  }
  Status OpError(const char* what) const {
    return Status::Error(StatusCode::kCorrupt, "%s: operation %s (%s): %s", where_.c_str(), op_->name.c_str(),
                         std::string(OpKindName(op_->kind())).c_str(), what);
  }

  Status CheckHead() const {
    if (!AtMost(graph_.input, InputKind::kFeatures)) return Error("unknown kind of input");
    if (graph_.ops.empty() || graph_.value_widths.empty()) return Error("no operations");
    if (graph_.input_width < 1 || graph_.input_width >= kMaxDimension) return Error("input width out of range");
    if (graph_.context < 0 || graph_.context >= kMaxDimension) return Error("context length out of range");
    for (const int64_t width : graph_.value_widths) {
      if (width < 1 || width >= kMaxDimension) return Error("width of a value out of range");
    }
    if (graph_.input == InputKind::kFeatures && graph_.value_widths[0] != graph_.input_width) {
      return Error("value 0 is not as wide as the input");
    }
    return Status();
  }

  Status CheckTensor(const TensorSpec& t) {
    const auto bad = [&](const char* what) {
      return Status::Error(StatusCode::kCorrupt, "%s: tensor %s: %s", where_.c_str(), t.name.c_str(), what);
    };
    if (t.name.empty() || !tensor_names_.insert(t.name).second) return bad("a name that is empty or there twice");
    if (!AtMost(t.storage, Storage::kLut)) return bad("unknown storage");
    if (!AtMost(t.scale, ScaleKind::kGroup)) return bad("unknown kind of scale");
    if (t.rows < 1 || t.rows >= kMaxDimension || t.cols < 1 || t.cols >= kMaxDimension ||
        t.rows > kMaxElements / t.cols) {
      return bad("shape out of range");
    }
    const bool ternary = IsTernary(t.storage);
    const bool scale_fits = t.storage == Storage::kLut  ? t.scale == ScaleKind::kTensor || t.scale == ScaleKind::kRow
                            : ternary                   ? t.scale != ScaleKind::kNone
                            : t.storage == Storage::kI8 ? t.scale == ScaleKind::kRow
                                                        : t.scale == ScaleKind::kNone;
    if (!scale_fits) return bad("its kind of scale does not go with its storage");
    const bool integer = ternary || t.storage == Storage::kI8 || IsNarrow(t.storage);
    if (integer && t.cols > kMaxIntegerInputs) return bad("more columns than an integer product can sum (131072)");
    if (t.scale != ScaleKind::kGroup) return t.group == 0 ? Status() : bad("a group of columns without a scale for it");
    if (t.group < 1 || t.group > kMaxIntegerInputs ||
        t.group % static_cast<int64_t>(TernaryChunkCols(t.storage)) != 0) {
      return bad("its groups of columns are not whole chunks of its storage");
    }
    return Status();
  }

  const TensorSpec* Tensor(int32_t index) const {
    if (index < 0 || static_cast<size_t>(index) >= graph_.tensors.size()) return nullptr;
    return &graph_.tensors[static_cast<size_t>(index)];
  }
  bool IsVector(int32_t index, int64_t width) const {
    if (index == kNoTensor) return true;
    const TensorSpec* t = Tensor(index);
    return t != nullptr && t->storage == Storage::kF32 && t->rows == 1 && t->cols == width;
  }
  int64_t InputWidth(size_t i) const { return graph_.value_widths[static_cast<size_t>(op_->inputs[i])]; }
  int64_t OutputWidth() const { return graph_.value_widths[static_cast<size_t>(op_->output)]; }

  Status CheckOp(const Op& op) {
    if (op.name.empty() || !op_names_.insert(op.name).second) return OpError("a name that is empty or there twice");
    for (const int32_t input : op.inputs) {
      if (input < 0 || static_cast<size_t>(input) >= written_.size() || !written_[static_cast<size_t>(input)]) {
        return OpError("it reads a value that nothing has written");
      }
    }
    if (op.output < 0 || static_cast<size_t>(op.output) >= written_.size() ||
        written_[static_cast<size_t>(op.output)]) {
      return OpError("it writes a value that does not exist or is written already");
    }
    TRITWISE_RETURN_IF_ERROR(std::visit([&](const auto& attrs) { return Check(attrs); }, op.attrs));
    written_[static_cast<size_t>(op.output)] = true;
    return Status();
  }

  Status NeedInputs(size_t least, size_t most) const {
    if (op_->inputs.size() < least || op_->inputs.size() > most) return OpError("wrong number of inputs");
    return Status();
  }

  Status Check(const EmbeddingAttrs& a) {
    TRITWISE_RETURN_IF_ERROR(NeedInputs(0, 0));
    if (graph_.input != InputKind::kTokens) return OpError("an embedding needs token input");
    const TensorSpec* table = Tensor(a.table);
    if (table == nullptr || !IsPlainMatrix(*table) || table->rows != graph_.input_width ||
        table->cols != OutputWidth()) {
      return OpError("its table does not fit the input or the output");
    }
    return Status();
  }

  Status CheckNorm(NormKind kind, float eps, int32_t gain, int64_t width) const {
    if (!AtMost(kind, NormKind::kRms)) return OpError("unknown kind of norm");
    if (!(std::isfinite(eps) && eps >= 0.0f)) return OpError("the norm's eps is not a number of at least 0");
    if (!IsVector(gain, width)) return OpError("the norm's gain does not fit");
    return Status();
  }

  Status Check(const NormAttrs& a) {
    TRITWISE_RETURN_IF_ERROR(NeedInputs(1, 1));
    if (InputWidth(0) != OutputWidth()) return OpError("input and output differ in width");
    return CheckNorm(a.kind, a.eps, a.gain, OutputWidth());
  }

  Status CheckLinear(int32_t weight, int32_t bias, const ActivationQuantiser& q, bool ternary) {
    TRITWISE_RETURN_IF_ERROR(NeedInputs(1, 1));
    const TensorSpec* w = Tensor(weight);
    if (w == nullptr || !(ternary ? IsTernaryWeight(*w) : IsPlainMatrix(*w)) || w->rows != OutputWidth() ||
        w->cols != InputWidth(0)) {
      return OpError("its weight does not fit its kind, input or output");
    }
    if (!IsVector(bias, w->rows)) return OpError("its bias does not fit");
    TRITWISE_RETURN_IF_ERROR(CheckNorm(q.norm, q.norm_eps, q.gain, w->cols));
    if ((q.range != 127 && q.range != 128) || (q.lowest != -127 && q.lowest != -128)) {
      return OpError("activation range is not 127 or 128, or the lowest code not -127 or -128");
    }
    if (!AtMost(q.measure, ActivationMeasure::kAbsMedian)) return OpError("unknown measure of activations");
    return Status();
  }

  Status Check(const TernaryLinearAttrs& a) { return CheckLinear(a.weight, a.bias, a.quantiser, true); }
  Status Check(const PlainLinearAttrs& a) { return CheckLinear(a.weight, a.bias, a.quantiser, false); }

  Status Check(const AttentionAttrs& a) {
    if (op_->inputs.size() != 1 && op_->inputs.size() != 3) return OpError("wrong number of inputs");
    if (graph_.context < 1) return OpError("attention needs a context length");
    if (a.heads < 1 || a.kv_heads < 1 || a.heads % a.kv_heads != 0 || a.head_size < 2 || a.head_size > 512 ||
        a.head_size % 2 != 0 || a.heads > 65536) {
      return OpError("numbers of heads or head size out of range");
    }
    const int64_t query = int64_t{a.heads} * a.head_size;
    const int64_t key = int64_t{a.kv_heads} * a.head_size;
    const bool inputs_fit = op_->inputs.size() == 1
                                ? InputWidth(0) == query + 2 * key
                                : InputWidth(0) == query && InputWidth(1) == key && InputWidth(2) == key;
    if (!inputs_fit || OutputWidth() != query) return OpError("widths do not fit the heads");
    if (!PositiveFinite(a.scale)) return OpError("scale is not a positive number");
    if (!IsCacheStorage(a.cache)) return OpError("cache is neither f16, f32 nor int8");
    if (!a.rotary_frequency.empty() && a.rotary_frequency.size() != static_cast<size_t>(a.head_size) / 2) {
      return OpError("not one rotary frequency for each pair of a head");
    }
    for (const float f : a.rotary_frequency) {
      if (!std::isfinite(f)) return OpError("a rotary frequency is not a number");
    }
    return Status();
  }

  Status Check(const ActivationAttrs& a) {
    TRITWISE_RETURN_IF_ERROR(NeedInputs(1, 1));
    if (!AtMost(a.kind, ActivationKind::kSilu)) return OpError("unknown activation");
    if (InputWidth(0) != OutputWidth()) return OpError("input and output differ in width");
    return Status();
  }

  Status Check(const GatedActivationAttrs& a) {
    TRITWISE_RETURN_IF_ERROR(NeedInputs(1, 2));
    if (!AtMost(a.kind, ActivationKind::kSilu)) return OpError("unknown activation");
    const bool fits = op_->inputs.size() == 1 ? InputWidth(0) == 2 * OutputWidth()
                                              : InputWidth(0) == OutputWidth() && InputWidth(1) == OutputWidth();
    return fits ? Status() : OpError("widths of gate, up and output do not fit");
  }

  Status Check(const AddAttrs&) {
    TRITWISE_RETURN_IF_ERROR(NeedInputs(2, 2));
    if (InputWidth(0) != OutputWidth() || InputWidth(1) != OutputWidth()) return OpError("widths differ");
    return Status();
  }

  Status Check(std::monostate) { return OpError("it has no attributes"); }

  const Graph& graph_;
  const std::string& where_;
  const Op* op_ = nullptr;
  std::set<std::string> tensor_names_;
  std::set<std::string> op_names_;
  std::vector<bool> written_;
};

}  // namespace

Status VerifyGraph(const Graph& graph, const std::string& where) { return Checker(graph, where).Run(); }

}  // namespace tritwise
