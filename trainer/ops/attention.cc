// Causal attention: matrix products of a head and sequence at a time while training, the shared kernels row
// by row when evaluated for export (that is what the file defines, cache rounding included).
//
// With p = softmax(scale * q k^T): dv = p^T do; dp = do v^T; ds = p * (dp - rowsum(p * dp)) * scale;
// dq = ds k; dk = ds^T q. Query heads of one group add up the gradients of the key and value head they share.
// Queries are taken in blocks, so that most of what lies behind the diagonal is never computed.
#include <algorithm>
#include <cstring>

#include "trainer/ops/op.h"

namespace tritwise {
namespace {

// Queries of a block: long enough for the products, short enough to skip what a query does not see.
constexpr size_t kBlock = 64;

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
        stride_((heads_ + 2 * kv_heads_) * size_),
        element_(ComputeBytes(environment.matmul.type())) {}

  void Forward(TrainPass& pass) override {
    longest_ = *std::max_element(pass.sequence_rows.begin(), pass.sequence_rows.end());
    PrepareRotary(longest_);
    if (pass.precision == Precision::kTraining) {
      saved_.Reserve(pass.rows * stride_ * element_);
      probabilities_.Reserve(heads_ * pass.rows * longest_ * element_);
    }
    size_t begin = 0;
    for (const size_t length : pass.sequence_rows) {
      if (pass.precision == Precision::kExported) {
        ForwardExported(pass, begin, length);
      } else {
        for (size_t i = 0; i < length; ++i) SaveRow(pass, begin + i, i);
        for (size_t head = 0; head < heads_; ++head) ForwardHead(pass, begin, length, head);
      }
      begin += length;
    }
  }

  void Backward(TrainPass& pass) override {
    const bool fused = op_.inputs.size() == 1;
    const GradientSlot slots[] = {pass.InputGradient(op_, 0), fused ? GradientSlot() : pass.InputGradient(op_, 1),
                                  fused ? GradientSlot() : pass.InputGradient(op_, 2)};
    // Straight into the gradient of a fused input that nobody wrote before, else through scratch memory.
    const bool direct = fused && slots[0].data != nullptr && !slots[0].accumulate;
    float* gradient = direct ? slots[0].data : env_.scratch.Get<float>(Scratch::kInputGradient, pass.rows * stride_);
    const size_t width = heads_ * size_;
    std::byte* dout = env_.scratch.Get<std::byte>(Scratch::kOutputGradient, pass.rows * width * element_);
    ToCompute(pass.OutputGradient(op_), pass.rows * width, 1.0f, env_.matmul.type(), dout);
    size_t begin = 0;
    for (const size_t length : pass.sequence_rows) {
      for (size_t head = 0; head < heads_; ++head) BackwardHead(begin, length, pass.rows, head, dout, gradient);
      const HeadRow row = Rotated();
      for (size_t i = 0; i < length; ++i) {
        RotateBack(gradient + (begin + i) * stride_, row, Cosine(i), Sine(i));
      }
      begin += length;
    }
    if (!direct) Deliver(pass, gradient, slots);
  }

 private:
  // Which of the three parts of the input.
  enum Part : size_t { kQuery, kKey, kValue };
  // Where a head of a part stands in a row query | key | value.
  size_t Offset(Part part, size_t head) const {
    const size_t before = part == kQuery ? 0 : part == kKey ? heads_ : heads_ + kv_heads_;
    return (before + head) * size_;
  }
  size_t PartWidth(Part part) const { return (part == kQuery ? heads_ : kv_heads_) * size_; }
  const float* InputRow(TrainPass& pass, Part part, size_t row) const {
    if (op_.inputs.size() == 1) return pass.value(op_.inputs[0]) + row * stride_ + Offset(part, 0);
    return pass.value(op_.inputs[part]) + row * PartWidth(part);
  }

  HeadRow Rotated() const {
    return {heads_ + kv_heads_, heads_ + 2 * kv_heads_, size_, attrs_.rotary_frequency.size()};
  }
  const float* Cosine(size_t position) const { return cosine_.data() + position * attrs_.rotary_frequency.size(); }
  const float* Sine(size_t position) const { return sine_.data() + position * attrs_.rotary_frequency.size(); }

  void PrepareRotary(size_t length) {
    const size_t pairs = attrs_.rotary_frequency.size();
    if (pairs == 0 || length <= rotary_length_) return;
    cosine_.resize(length * pairs);
    sine_.resize(length * pairs);
    for (size_t p = 0; p < length; ++p) {
      kernels::RotaryTable(static_cast<int32_t>(p), attrs_.rotary_frequency.data(), pairs, &cosine_[p * pairs],
                           &sine_[p * pairs]);
    }
    rotary_length_ = length;
  }

  // Query, key and value of a row as operands, turned by its position.
  void SaveRow(TrainPass& pass, size_t row, size_t position) {
    std::byte* to = saved_.data() + row * stride_ * element_;
    const float* from = nullptr;
    if (op_.inputs.size() == 1) {
      from = pass.value(op_.inputs[0]) + row * stride_;
    } else {
      float* joined = env_.scratch.Get<float>(Scratch::kRow, stride_);
      for (const Part part : {kQuery, kKey, kValue}) {
        std::copy_n(InputRow(pass, part, row), PartWidth(part), joined + Offset(part, 0));
      }
      from = joined;
    }
    RotateToCompute(from, Rotated(), Cosine(position), Sine(position), env_.matmul.type(), to);
  }

  // Rows from `row` on of one head, as a matrix.
  MatrixView Saved(Part part, size_t head, size_t row, bool transposed) const {
    return {saved_.data() + (row * stride_ + Offset(part, head)) * element_, stride_, transposed};
  }
  // [length, length] for the sequence that starts at row `begin`.
  std::byte* Probabilities(size_t rows, size_t head, size_t begin) const {
    return probabilities_.data() + (head * rows + begin) * longest_ * element_;
  }

  void ForwardHead(TrainPass& pass, size_t begin, size_t length, size_t head) {
    const size_t width = heads_ * size_;
    const size_t kv = head / group_;
    float* y = pass.value(op_.output) + begin * width + head * size_;
    std::byte* p = Probabilities(pass.rows, head, begin);
    float* scores = env_.scratch.Get<float>(Scratch::kScores, kBlock * length);
    for (size_t first = 0; first < length; first += kBlock) {
      const size_t last = std::min(first + kBlock, length);
      std::byte* block = p + first * length * element_;
      env_.matmul.Run(last - first, last, size_, Saved(kQuery, head, begin + first, false),
                      Saved(kKey, kv, begin, true), scores, last, false);
      for (size_t i = first; i < last; ++i) {
        SoftmaxRow(scores + (i - first) * last, i + 1, last, attrs_.scale, env_.matmul.type(),
                   p + i * length * element_);
      }
      env_.matmul.Run(last - first, size_, last, {block, length, false}, Saved(kValue, kv, begin, false),
                      y + first * width, width, false);
    }
  }

  // Adds to the key's and value's gradients where an earlier query head of the group has been there.
  void BackwardHead(size_t begin, size_t length, size_t rows, size_t head, const std::byte* dout, float* gradient) {
    const ComputeType type = env_.matmul.type();
    const size_t width = heads_ * size_;
    const size_t kv = head / group_;
    const std::byte* p = Probabilities(rows, head, begin);
    float* dp = env_.scratch.Get<float>(Scratch::kScores, kBlock * length);
    std::byte* ds = env_.scratch.Get<std::byte>(Scratch::kOperand, kBlock * length * element_);
    float* dq = gradient + begin * stride_ + Offset(kQuery, head);
    float* dk = gradient + begin * stride_ + Offset(kKey, kv);
    float* dv = gradient + begin * stride_ + Offset(kValue, kv);
    // The last block first: it sees, and so sets, all keys and values.
    const size_t blocks = (length + kBlock - 1) / kBlock;
    for (size_t b = blocks; b-- > 0;) {
      const size_t first = b * kBlock;
      const size_t last = std::min(first + kBlock, length);
      const bool add = b + 1 != blocks || head % group_ != 0;
      const std::byte* block = p + first * length * element_;
      const MatrixView out = {dout + ((begin + first) * width + head * size_) * element_, width, false};
      env_.matmul.Run(last, size_, last - first, {block, length, true}, out, dv, stride_, add);
      env_.matmul.Run(last - first, last, size_, out, Saved(kValue, kv, begin, true), dp, last, false);
      for (size_t i = first; i < last; ++i) {
        SoftmaxBackwardRow(p + i * length * element_, dp + (i - first) * last, i + 1, last, attrs_.scale, type,
                           ds + (i - first) * last * element_);
      }
      env_.matmul.Run(last - first, size_, last, {ds, last, false}, Saved(kKey, kv, begin, false), dq + first * stride_,
                      stride_, false);
      env_.matmul.Run(last, size_, last - first, {ds, last, true}, Saved(kQuery, head, begin + first, false), dk,
                      stride_, add);
    }
  }

  // From rows query | key | value to the gradients of the inputs.
  void Deliver(const TrainPass& pass, const float* gradient, const GradientSlot* slots) const {
    const bool fused = op_.inputs.size() == 1;
    for (const Part part : {kQuery, kKey, kValue}) {
      const GradientSlot& slot = fused ? slots[0] : slots[part];
      if (slot.data == nullptr) continue;
      const size_t stride = fused ? stride_ : PartWidth(part);
      for (size_t row = 0; row < pass.rows; ++row) {
        const float* from = gradient + row * stride_ + Offset(part, 0);
        float* to = slot.data + row * stride + (fused ? Offset(part, 0) : 0);
        if (slot.accumulate) {
          Accumulate(from, PartWidth(part), to);
        } else {
          std::copy_n(from, PartWidth(part), to);
        }
      }
    }
  }

  // Keys and values go through the cache's number format, queries stay f32.
  void ForwardExported(TrainPass& pass, size_t begin, size_t length) {
    switch (attrs_.cache) {
      case Storage::kI8:
        return ForwardExported<int8_t>(pass, begin, length, env_.kernels.attend_i8);
      case Storage::kF16:
        return ForwardExported<uint16_t>(pass, begin, length, env_.kernels.attend_f16);
      default:
        return ForwardExported<float>(pass, begin, length, env_.kernels.attend_f32);
    }
  }

  // One head of a row into the cache; to: size_ elements.
  void StoreHead(const float* head, float* to, float*) const { std::copy_n(head, size_, to); }
  void StoreHead(const float* head, uint16_t* to, float*) const { env_.kernels.store_row_f16(head, size_, to); }
  void StoreHead(const float* head, int8_t* to, float* scale) const {
    float* scratch = env_.scratch.Get<float>(Scratch::kOperand, size_ + 16);
    *scale = env_.kernels.norm_quantise_row(head, size_, {}, scratch, to, size_).step;
  }

  // The cache: keys [kv_heads, length, size_], then values. int8: a scale for each position of a head.
  template <class T, class Attend>
  void ForwardExported(TrainPass& pass, size_t begin, size_t length, Attend attend) {
    const size_t heads_bytes = 2 * kv_heads_ * length * size_ * sizeof(T);
    T* cache = reinterpret_cast<T*>(cache_.Reserve(heads_bytes));
    float* scales = scales_.Reserve(2 * kv_heads_ * length);
    float* row = env_.scratch.Get<float>(Scratch::kRow, std::max(kv_heads_, heads_) * size_);
    const auto rotate = [&](size_t heads, size_t position) {
      if (attrs_.rotary_frequency.empty()) return;
      env_.kernels.rotate_row(row, heads, size_, Cosine(position), Sine(position));
    };
    for (size_t i = 0; i < length; ++i) {
      for (const Part part : {kKey, kValue}) {
        std::copy_n(InputRow(pass, part, begin + i), kv_heads_ * size_, row);
        if (part == kKey) rotate(kv_heads_, i);
        for (size_t head = 0; head < kv_heads_; ++head) {
          const size_t place = ((part == kValue ? kv_heads_ : 0) + head) * length + i;
          StoreHead(row + head * size_, cache + place * size_, scales + place);
        }
      }
      std::copy_n(InputRow(pass, kQuery, begin + i), heads_ * size_, row);
      rotate(heads_, i);
      for (size_t head = 0; head < heads_; ++head) {
        const size_t key = head / group_ * length;
        const size_t value = key + kv_heads_ * length;
        kernels::AttendQueries query;
        query.count = 1;
        query.query[0] = row + head * size_;
        query.y[0] = pass.value(op_.output) + ((begin + i) * heads_ + head) * size_;
        query.positions[0] = i + 1;
        attend(query,
               {cache + key * size_, cache + value * size_, scales + key, scales + value, size_, size_, attrs_.scale});
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
  size_t stride_;   // of a row query | key | value
  size_t element_;  // bytes of an operand's element
  size_t longest_ = 0;
  size_t rotary_length_ = 0;
  std::vector<float> cosine_, sine_;  // [position, pair]
  AlignedBuffer<std::byte> saved_;    // [rows, stride], turned
  // [head][row][longest]; a sequence uses the front of its rows. A row is zero behind what it sees, up to the
  // end of its block, and undefined from there on.
  AlignedBuffer<std::byte> probabilities_;
  AlignedBuffer<std::byte> cache_;
  AlignedBuffer<float> scales_;
};

}  // namespace

std::unique_ptr<TrainOp> MakeTrainOp(const OpEnvironment& environment, const Op& op, const AttentionAttrs& attrs) {
  return std::make_unique<AttentionOp>(environment, op, attrs);
}

}  // namespace tritwise
