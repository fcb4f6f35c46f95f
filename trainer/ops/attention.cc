// Causal attention: matrix products a head and sequence at a time while training, the shared kernels row
// by row when evaluated for export (that is what the file defines, cache rounding included).
//
// With p = softmax(scale * q k^T): dv = p^T do; dp = do v^T; ds = p * (dp - rowsum(p * dp)) * scale;
// dq = ds k; dk = ds^T q. Query heads of one group add up the gradients of the key and value head they share.
#include <algorithm>
#include <cstring>

#include "trainer/ops/op.h"

namespace tritwise {
namespace {

class AttentionOp : public TrainOp {
 public:
  AttentionOp(const OpEnvironment& environment, const Op& op, const AttentionAttrs& attrs)
      : env_(environment),
        op_(op),
        attrs_(attrs),
        size_(static_cast<size_t>(attrs.head_size)),
        heads_(static_cast<size_t>(attrs.heads)),
        kv_heads_(static_cast<size_t>(attrs.kv_heads)),
        group_(heads_ / kv_heads_),
        element_(ComputeBytes(environment.matmul.type())) {}

  void Forward(TrainPass& pass) override {
    PrepareRotary(*std::max_element(pass.sequence_rows.begin(), pass.sequence_rows.end()));
    size_t begin = 0;
    for (const size_t length : pass.sequence_rows) {
      if (pass.precision == Precision::kExported) {
        ForwardExported(pass, begin, length);
      } else {
        ForwardSequence(pass, begin, length);
      }
      begin += length;
    }
  }

  void Backward(TrainPass& pass) override {
    const GradientSlot query = pass.InputGradient(op_, 0);
    const bool fused = op_.inputs.size() == 1;
    const GradientSlot key = fused ? query : pass.InputGradient(op_, 1);
    const GradientSlot value = fused ? query : pass.InputGradient(op_, 2);
    size_t begin = 0;
    for (const size_t length : pass.sequence_rows) {
      for (size_t kv = 0; kv < kv_heads_; ++kv) BackwardHead(pass, begin, length, kv, query, key, value);
      begin += length;
    }
  }

 private:
  // Which of the three parts of the input, and where one of its heads lies in row r.
  enum Part : size_t { kQuery, kKey, kValue };
  size_t PartOffset(Part part, size_t head) const {
    if (op_.inputs.size() != 1) return head * size_;
    const size_t before = part == kQuery ? 0 : part == kKey ? heads_ : heads_ + kv_heads_;
    return (before + head) * size_;
  }
  int32_t PartValue(Part part) const { return op_.inputs.size() == 1 ? op_.inputs[0] : op_.inputs[part]; }
  size_t PartStride(Part part) const {
    return static_cast<size_t>(env_.graph.value_widths[static_cast<size_t>(PartValue(part))]);
  }
  const float* At(TrainPass& pass, Part part, size_t row, size_t head) const {
    return pass.value(PartValue(part)) + row * PartStride(part) + PartOffset(part, head);
  }

  // Heads of queries, then of keys, then of values, each [rows, head_size], for the rows of the pass.
  std::byte* Saved(const TrainPass& pass, Part part, size_t head, size_t row) {
    const size_t slot = part == kQuery ? head : part == kKey ? heads_ + head : heads_ + kv_heads_ + head;
    return saved_.data() + (slot * pass.rows + row) * size_ * element_;
  }
  // [length, length] for the sequence that starts at row `begin`.
  std::byte* Probabilities(const TrainPass& pass, size_t head, size_t begin) {
    return probabilities_.data() + (head * pass.rows + begin) * longest_ * element_;
  }

  void PrepareRotary(size_t length) {
    const size_t pairs = attrs_.rotary_frequency.size();
    if (pairs == 0 || length <= rotary_length_) return;
    cosine_.resize(length * pairs);
    sine_.resize(length * pairs);
    minus_sine_.resize(length * pairs);
    for (size_t p = 0; p < length; ++p) {
      kernels::RotaryTable(static_cast<int32_t>(p), attrs_.rotary_frequency.data(), pairs, &cosine_[p * pairs],
                           &sine_[p * pairs]);
    }
    std::transform(sine_.begin(), sine_.end(), minus_sine_.begin(), [](float s) { return -s; });
    rotary_length_ = length;
  }

  // Turns one head by its position; `back` for gradients.
  void Rotate(float* head, size_t position, bool back) const {
    const size_t pairs = attrs_.rotary_frequency.size();
    if (pairs == 0) return;
    const std::vector<float>& sine = back ? minus_sine_ : sine_;
    env_.kernels.rotate_row(head, 1, size_, &cosine_[position * pairs], &sine[position * pairs]);
  }

  void SavePart(TrainPass& pass, Part part, size_t heads, size_t begin, size_t length) {
    float* row = row_.Reserve(size_);
    for (size_t head = 0; head < heads; ++head) {
      for (size_t i = 0; i < length; ++i) {
        std::copy_n(At(pass, part, begin + i, head), size_, row);
        if (part != kValue) Rotate(row, i, false);
        ToCompute(row, size_, 1.0f, env_.matmul.type(), Saved(pass, part, head, begin + i));
      }
    }
  }

  void ForwardSequence(TrainPass& pass, size_t begin, size_t length) {
    if (begin == 0) {
      longest_ = *std::max_element(pass.sequence_rows.begin(), pass.sequence_rows.end());
      saved_.Reserve((heads_ + 2 * kv_heads_) * pass.rows * size_ * element_);
      probabilities_.Reserve(heads_ * pass.rows * longest_ * element_);
    }
    SavePart(pass, kQuery, heads_, begin, length);
    SavePart(pass, kKey, kv_heads_, begin, length);
    SavePart(pass, kValue, kv_heads_, begin, length);
    float* scores = scores_.Reserve(length * length);
    float* y = pass.value(op_.output) + begin * heads_ * size_;
    for (size_t head = 0; head < heads_; ++head) {
      const size_t kv = head / group_;
      env_.matmul.Run(length, length, size_, {Saved(pass, kQuery, head, begin), size_, false},
                      {Saved(pass, kKey, kv, begin), size_, true}, scores, length, false);
      std::byte* p = Probabilities(pass, head, begin);
      for (size_t i = 0; i < length; ++i) {
        SoftmaxRow(scores + i * length, i + 1, length, attrs_.scale, env_.matmul.type(), p + i * length * element_);
      }
      env_.matmul.Run(length, size_, length, {p, length, false}, {Saved(pass, kValue, kv, begin), size_, false},
                      y + head * size_, heads_ * size_, false);
    }
  }

  void BackwardHead(TrainPass& pass, size_t begin, size_t length, size_t kv, const GradientSlot& query,
                    const GradientSlot& key, const GradientSlot& value) {
    const ComputeType type = env_.matmul.type();
    const size_t width = heads_ * size_;
    const float* dy = pass.OutputGradient(op_) + begin * width;
    float* dp = scores_.Reserve(length * length);
    std::byte* ds = score_gradients_.Reserve(length * length * element_);
    std::byte* dout = output_gradient_.Reserve(length * size_ * element_);
    float* dq = head_gradients_.Reserve(3 * length * size_);
    float* dk = dq + length * size_;
    float* dv = dk + length * size_;
    for (size_t head = kv * group_; head < (kv + 1) * group_; ++head) {
      const bool add = head != kv * group_;
      const std::byte* p = Probabilities(pass, head, begin);
      for (size_t i = 0; i < length; ++i) {
        ToCompute(dy + i * width + head * size_, size_, 1.0f, type, dout + i * size_ * element_);
      }
      env_.matmul.Run(length, size_, length, {p, length, true}, {dout, size_, false}, dv, size_, add);
      env_.matmul.Run(length, length, size_, {dout, size_, false}, {Saved(pass, kValue, kv, begin), size_, true}, dp,
                      length, false);
      for (size_t i = 0; i < length; ++i) {
        SoftmaxBackwardRow(p + i * length * element_, dp + i * length, i + 1, length, attrs_.scale, type,
                           ds + i * length * element_);
      }
      env_.matmul.Run(length, size_, length, {ds, length, false}, {Saved(pass, kKey, kv, begin), size_, false}, dq,
                      size_, false);
      env_.matmul.Run(length, size_, length, {ds, length, true}, {Saved(pass, kQuery, head, begin), size_, false}, dk,
                      size_, add);
      Deliver(dq, kQuery, head, begin, length, query);
    }
    Deliver(dk, kKey, kv, begin, length, key);
    Deliver(dv, kValue, kv, begin, length, value);
  }

  // Adds a head's gradient, turned back, to the gradient of the value that it came from.
  void Deliver(float* gradient, Part part, size_t head, size_t begin, size_t length, const GradientSlot& slot) const {
    if (slot.data == nullptr) return;
    for (size_t i = 0; i < length; ++i) {
      float* row = gradient + i * size_;
      if (part != kValue) Rotate(row, i, true);
      float* to = slot.data + (begin + i) * PartStride(part) + PartOffset(part, head);
      if (slot.accumulate) {
        Accumulate(row, size_, to);
      } else {
        std::copy_n(row, size_, to);
      }
    }
  }

  // Keys and values go through the cache's number format, queries stay f32.
  void ForwardExported(TrainPass& pass, size_t begin, size_t length) {
    const bool f16 = attrs_.cache == Storage::kF16;
    const size_t stride = kv_heads_ * size_;
    float* row = row_.Reserve(size_);
    float* cache_f32 = cache_f32_.Reserve(2 * length * stride);
    uint16_t* cache_f16 = cache_f16_.Reserve(2 * length * stride);
    for (size_t i = 0; i < length; ++i) {
      for (size_t head = 0; head < kv_heads_; ++head) {
        for (const Part part : {kKey, kValue}) {
          std::copy_n(At(pass, part, begin + i, head), size_, row);
          if (part == kKey) Rotate(row, i, false);
          const size_t place = ((part == kValue ? length : 0) + i) * stride + head * size_;
          std::copy_n(row, size_, cache_f32 + place);
          env_.kernels.store_row_f16(row, size_, cache_f16 + place);
        }
      }
      for (size_t head = 0; head < heads_; ++head) {
        std::copy_n(At(pass, kQuery, begin + i, head), size_, row);
        Rotate(row, i, false);
        float* y = pass.value(op_.output) + ((begin + i) * heads_ + head) * size_;
        const size_t key = head / group_ * size_;
        const size_t value = length * stride + key;
        if (f16) {
          env_.kernels.attend_f16(row, cache_f16 + key, cache_f16 + value, stride, i + 1, size_, attrs_.scale, y);
        } else {
          env_.kernels.attend_f32(row, cache_f32 + key, cache_f32 + value, stride, i + 1, size_, attrs_.scale, y);
        }
      }
    }
  }

  const OpEnvironment& env_;
  const Op& op_;
  const AttentionAttrs& attrs_;
  size_t size_;  // of a head
  size_t heads_;
  size_t kv_heads_;
  size_t group_;    // query heads that share a key and value head
  size_t element_;  // bytes of an operand's element
  size_t longest_ = 0;
  size_t rotary_length_ = 0;
  std::vector<float> cosine_, sine_, minus_sine_;  // [position, pair]
  AlignedBuffer<std::byte> saved_;
  AlignedBuffer<std::byte> probabilities_;  // [head][row][longest]; a sequence uses the front of its rows
  AlignedBuffer<std::byte> score_gradients_;
  AlignedBuffer<std::byte> output_gradient_;
  AlignedBuffer<float> scores_;
  AlignedBuffer<float> head_gradients_;
  AlignedBuffer<float> row_;
  AlignedBuffer<float> cache_f32_;
  AlignedBuffer<uint16_t> cache_f16_;
};

}  // namespace

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const AttentionAttrs& attrs) {
  return std::make_unique<AttentionOp>(environment, op, attrs);
}

}  // namespace tritwise
