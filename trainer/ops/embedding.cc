// Token embeddings: rows of the master table while training, rows as stored when evaluated for export.
#include <algorithm>

#include "trainer/ops/op.h"

namespace tritwise {
namespace {

class EmbeddingOp : public TrainOp {
 public:
  EmbeddingOp(const OpEnvironment& environment, const Op& op, int32_t table)
      : env_(environment),
        op_(op),
        table_(table),
        spec_(environment.graph.tensors[static_cast<size_t>(table)]),
        width_(static_cast<size_t>(spec_.cols)) {}

  void Forward(TrainPass& pass) override {
    const float* master = env_.layout.Of(pass.parameters, table_).data();
    const PreparedWeights::Exported& stored = pass.weights->exported(table_);
    const bool exported = pass.precision == Precision::kExported;
    for (size_t r = 0; r < pass.rows; ++r) {
      const auto id = static_cast<size_t>(pass.tokens[r]);
      float* y = pass.value(op_.output) + r * width_;
      if (exported && HasGroups(spec_)) {
        EmbedGroups(stored.groups, id, y);
      } else if (exported && spec_.storage == Storage::kI8) {
        env_.kernels.embed_i8(stored.int8.codes.data() + id * width_, width_, stored.int8.scales[id], y);
      } else if (exported && spec_.storage == Storage::kF16) {
        env_.kernels.embed_f16(stored.f16.data() + id * width_, width_, y);
      } else {
        std::copy_n(master + id * width_, width_, y);
      }
    }
  }

  void Backward(TrainPass& pass) override {
    GradientSum::Turn turn = pass.ParameterGradient(op_, table_);
    float* gradient = turn.Zeroed();
    const float* dy = pass.OutputGradient(op_);
    for (size_t r = 0; r < pass.rows; ++r) {
      Accumulate(dy + r * width_, width_, gradient + static_cast<size_t>(pass.tokens[r]) * width_);
    }
  }

 private:
  // Each group is a short row of int8 with the group's scale.
  void EmbedGroups(const GroupCodes& groups, size_t id, float* y) const {
    const auto group_cols = static_cast<size_t>(GroupCols(spec_));
    const float* scale = groups.scales.data() + id;
    for (size_t begin = 0; begin < width_; begin += group_cols, scale += spec_.rows) {
      env_.kernels.embed_i8(groups.codes.data() + id * width_ + begin, std::min(group_cols, width_ - begin), *scale,
                            y + begin);
    }
  }

  const OpEnvironment& env_;
  const Op& op_;
  int32_t table_;
  const TensorSpec& spec_;
  size_t width_;
};

}  // namespace

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const EmbeddingAttrs& attrs) {
  return std::make_unique<EmbeddingOp>(environment, op, attrs.table);
}

}  // namespace tritwise
