#include "tools/random/weights.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "format/half.h"
#include "format/pack.h"
#include "trainer/random.h"

namespace tritwise {
namespace {

// Weights made at once: a few MiB with all that they are made from.
constexpr size_t kStripWeights = size_t{1} << 20;

// The eight bytes of a draw, added up: about normal, in whole numbers.
constexpr int kMiddle = 1020;                // the mean; half of the largest sum
constexpr float kDeviation = 209.02152999f;  // sqrt(8 * (256^2 - 1) / 12)
constexpr int kHighestCode = 127;            // of int8 weights

int NormalSum(uint64_t bits) {
  constexpr uint64_t kEvenBytes = 0x00FF00FF00FF00FFu;
  const uint64_t pairs = (bits & kEvenBytes) + ((bits >> 8) & kEvenBytes);
  return static_cast<int>((pairs * 0x0001000100010001u) >> 48) - kMiddle;
}

// Twenty trits a draw: three times a fraction of 2^64, the whole part is the next one.
constexpr size_t kTritsADraw = 20;

void FillTrits(uint64_t bits, int8_t* trits, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const uint64_t low = (bits & 0xFFFFFFFFu) * 3;
    const uint64_t high = (bits >> 32) * 3 + (low >> 32);
    trits[i] = static_cast<int8_t>(static_cast<int>(high >> 32) - 1);
    bits = (high << 32) | (low & 0xFFFFFFFFu);
  }
}

class Source {
 public:
  Source(const Graph& graph, uint64_t seed) : graph_(graph), seed_(seed) {
    for (const Op& op : graph.ops) {
      if (const auto* a = std::get_if<NormAttrs>(&op.attrs)) gains_.insert(a->gain);
      if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs)) gains_.insert(a->quantiser.gain);
      if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs)) gains_.insert(a->quantiser.gain);
    }
  }

  Status operator()(size_t index, TensorSink& sink) const {
    const TensorSpec& spec = graph_.tensors[index];
    const RandomStream random(seed_, index);
    const auto rows = static_cast<size_t>(spec.rows);
    const auto cols = static_cast<size_t>(spec.cols);
    // Whole blocks of rows, so that a strip's bytes are the matrix's; in lut, whose tiles of columns come before its
    // rows, those of one tile.
    const size_t strip_cols = spec.storage == Storage::kLut ? std::min(cols, kLutTileCols) : cols;
    const size_t block_rows = IsNarrow(spec.storage) ? kNarrowBlockRows : TernaryBlockRows(spec.storage);
    const size_t strip = std::max(kStripWeights / strip_cols / block_rows, size_t{1}) * block_rows;
    for (size_t col = 0; col < cols; col += strip_cols) {
      for (size_t row = 0; row < rows; row += strip) {
        const Strip part = {row, std::min(strip, rows - row), col, std::min(strip_cols, cols - col)};
        TRITWISE_RETURN_IF_ERROR(IsTernary(spec.storage) ? Trits(spec, random, part, sink)
                                 : spec.rows == 1 ? Vector(gains_.contains(static_cast<int32_t>(index)), cols, sink)
                                 : IsNarrow(spec.storage) ? Narrow(spec, random, row, part.rows, sink)
                                                          : Normals(spec, random, row, part.rows, sink));
      }
    }
    // Of unit variance after a row of unit variance: two thirds of the trits are not 0.
    const float of_row = 1.0f / std::sqrt(static_cast<float>(cols));
    const float scale =
        IsTernary(spec.storage) ? of_row * std::sqrt(1.5f) : of_row * kMiddle / (kHighestCode * kDeviation);
    return sink.Scales(std::vector<float>(static_cast<size_t>(ScaleCount(spec)), scale));
  }

 private:
  struct Strip {
    size_t row;
    size_t rows;
    size_t col;
    size_t cols;
  };

  static Status Trits(const TensorSpec& spec, const RandomStream& random, const Strip& strip, TensorSink& sink) {
    const size_t draws = (static_cast<size_t>(spec.cols) + kTritsADraw - 1) / kTritsADraw;
    const size_t first_draw = strip.col / kTritsADraw;
    const size_t skipped = strip.col % kTritsADraw;  // of the first draw
    std::vector<int8_t> trits(strip.rows * strip.cols);
    std::vector<int8_t> of_row(skipped + strip.cols);
    for (size_t row = 0; row < strip.rows; ++row) {
      for (size_t at = 0; at < of_row.size(); at += kTritsADraw) {
        FillTrits(random.Bits((strip.row + row) * draws + first_draw + at / kTritsADraw), &of_row[at],
                  std::min(kTritsADraw, of_row.size() - at));
      }
      std::copy_n(&of_row[skipped], strip.cols, &trits[row * strip.cols]);
    }
    const TernaryGeometry geometry = MakeTernaryGeometry(spec.storage, strip.rows, strip.cols);
    std::vector<std::byte> packed(geometry.total_bytes);
    PackTernary(geometry, trits, packed);
    return sink.Data(packed);
  }

  static Status Vector(bool gain, size_t cols, TensorSink& sink) {
    return sink.Data(std::as_bytes(std::span<const float>(std::vector<float>(cols, gain ? 1.0f : 0.0f))));
  }

  static Status Narrow(const TensorSpec& spec, const RandomStream& random, size_t first, size_t rows,
                       TensorSink& sink) {
    const auto cols = static_cast<size_t>(spec.cols);
    const NarrowGeometry geometry = MakeNarrowGeometry(spec.storage, rows, cols);
    const int highest = NarrowOffset(spec.storage) - 1;
    std::vector<int8_t> values(rows * cols);
    for (size_t i = 0; i < values.size(); ++i) {
      const int scaled = NormalSum(random.Bits(first * cols + i)) * highest;
      values[i] = static_cast<int8_t>((scaled + (scaled < 0 ? -kMiddle : kMiddle) / 2) / kMiddle);
    }
    const float unit = kMiddle / (static_cast<float>(highest) * kDeviation * std::sqrt(static_cast<float>(cols)));
    const std::vector<uint16_t> scales(geometry.groups * rows, HalfFromFloat(unit));
    std::vector<std::byte> packed(geometry.total_bytes);
    PackNarrow(geometry, values, scales, packed);
    return sink.Data(packed);
  }

  static Status Normals(const TensorSpec& spec, const RandomStream& random, size_t first, size_t rows,
                        TensorSink& sink) {
    const auto cols = static_cast<size_t>(spec.cols);
    const float unit = 1.0f / (kDeviation * std::sqrt(static_cast<float>(cols)));
    const auto fill = [&]<class T>(T, const auto& convert) {
      std::vector<T> values(rows * cols);
      for (size_t i = 0; i < values.size(); ++i) values[i] = convert(NormalSum(random.Bits(first * cols + i)));
      return sink.Data(std::as_bytes(std::span<const T>(values)));
    };
    switch (spec.storage) {
      case Storage::kI8:
        return fill(int8_t{}, [](int sum) { return static_cast<int8_t>(sum * kHighestCode / kMiddle); });
      case Storage::kF16:
        return fill(uint16_t{}, [&](int sum) { return HalfFromFloat(static_cast<float>(sum) * unit); });
      default:
        return fill(float{}, [&](int sum) { return static_cast<float>(sum) * unit; });
    }
  }

  const Graph& graph_;
  uint64_t seed_;
  std::set<int32_t> gains_;
};

}  // namespace

TensorSource RandomWeights(const Graph& graph, uint64_t seed) { return Source(graph, seed); }

}  // namespace tritwise
