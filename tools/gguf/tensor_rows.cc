#include "tools/gguf/tensor_rows.h"

#include <algorithm>
#include <cstring>

#include "format/half.h"
#include "format/pack.h"
#include "tools/gguf/blocks.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

// About as many weights are unpacked at once where rows are asked for in order.
constexpr size_t kStripWeights = size_t{1} << 20;

}  // namespace

TensorRows::TensorRows(const ModelFile& model, int32_t tensor)
    : spec_(model.graph().tensors[static_cast<size_t>(tensor)]),
      data_(model.tensor(tensor)),
      rows_(static_cast<size_t>(spec_.rows)),
      cols_(static_cast<size_t>(spec_.cols)) {}

void TensorRows::Unpack(size_t row) {
  if (row >= first_ && row < first_ + count_) return;
  const bool ternary = IsTernary(spec_.storage);
  const size_t block = ternary ? TernaryBlockRows(spec_.storage) : kNarrowBlockRows;
  // Rows of heads are asked for in another order, and in lut a block of rows does not lie together.
  const bool whole = IsTernaryWeight(spec_) || spec_.storage == Storage::kLut;
  const size_t strip = whole ? rows_ : std::max(kStripWeights / cols_ / block, size_t{1}) * block;
  first_ = row / strip * strip;
  count_ = std::min(strip, rows_ - first_);
  codes_.resize(count_ * cols_);
  bool clean = true;
  if (ternary) {
    const TernaryGeometry all = MakeTernaryGeometry(spec_.storage, rows_, cols_);
    const TernaryGeometry part = MakeTernaryGeometry(spec_.storage, count_, cols_);
    clean = UnpackTernary(part, data_.data.subspan(first_ / block * all.block_bytes(), part.total_bytes), codes_);
  } else {
    const NarrowGeometry part = MakeNarrowGeometry(spec_.storage, count_, cols_);
    halves_.resize(count_ * part.groups);
    clean =
        UnpackNarrow(part, data_.data.subspan(first_ / block * part.block_bytes, part.total_bytes), codes_, halves_);
  }
  if (!clean) throw Error("tensor " + spec_.name + " holds codes that nothing writes");
}

std::span<const int8_t> TensorRows::Codes(size_t row) {
  if (spec_.storage == Storage::kI8) return {reinterpret_cast<const int8_t*>(data_.data.data()) + row * cols_, cols_};
  Unpack(row);
  return {&codes_[(row - first_) * cols_], cols_};
}

std::vector<float> TensorRows::Scales(size_t row) {
  std::vector<float> scales((cols_ + kGgufScaleCols - 1) / kGgufScaleCols);
  if (IsNarrow(spec_.storage)) Unpack(row);
  for (size_t i = 0; i < scales.size(); ++i) {
    if (IsNarrow(spec_.storage)) {
      scales[i] = FloatFromHalf(halves_[i * kGgufScaleCols / kNarrowGroupCols * count_ + row - first_]);
    } else if (spec_.scale == ScaleKind::kGroup) {
      scales[i] = data_.scales[i * kGgufScaleCols / static_cast<size_t>(spec_.group) * rows_ + row];
    } else {
      scales[i] = data_.scales[spec_.scale == ScaleKind::kRow ? row : 0];
    }
  }
  return scales;
}

std::vector<float> TensorRows::Numbers(size_t row) const {
  std::vector<float> values(cols_);
  for (size_t i = 0; i < cols_; ++i) {
    const size_t at = row * cols_ + i;
    if (spec_.storage == Storage::kF32) {
      std::memcpy(&values[i], data_.data.data() + at * sizeof(float), sizeof(float));
    } else {
      uint16_t half = 0;
      std::memcpy(&half, data_.data.data() + at * sizeof(half), sizeof(half));
      values[i] = FloatFromHalf(half);
    }
  }
  return values;
}

}  // namespace tritwise
