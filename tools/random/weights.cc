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
    // Whole blocks of four rows, so that a strip's bytes are the matrix's.
    const size_t strip = std::max(kStripWeights / cols / kTernaryBlockRows, size_t{1}) * kTernaryBlockRows;
    for (size_t row = 0; row < rows; row += strip) {
      const size_t count = std::min(strip, rows - row);
      TRITWISE_RETURN_IF_ERROR(IsTernary(spec.storage) ? Trits(spec, random, row, count, sink)
                               : spec.rows == 1 ? Vector(gains_.contains(static_cast<int32_t>(index)), cols, sink)
                                                : Normals(spec, random, row, count, sink));
    }
    // Of unit variance after a row of unit variance: two thirds of the trits are not 0.
    const float of_row = 1.0f / std::sqrt(static_cast<float>(cols));
    const float scale =
        IsTernary(spec.storage) ? of_row * std::sqrt(1.5f) : of_row * kMiddle / (kHighestCode * kDeviation);
    return sink.Scales(std::vector<float>(ScaleCount(spec), scale));
  }

 private:
  static Status Trits(const TensorSpec& spec, const RandomStream& random, size_t first, size_t rows, TensorSink& sink) {
    const auto cols = static_cast<size_t>(spec.cols);
    const size_t draws = (cols + kTritsADraw - 1) / kTritsADraw;
    std::vector<int8_t> trits(rows * cols);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t draw = 0; draw < draws; ++draw) {
        const size_t col = draw * kTritsADraw;
        FillTrits(random.Bits((first + row) * draws + draw), &trits[row * cols + col],
                  std::min(kTritsADraw, cols - col));
      }
    }
    const TernaryGeometry geometry = MakeTernaryGeometry(spec.storage, rows, cols);
    std::vector<std::byte> packed(geometry.total_bytes);
    PackTernary(geometry, trits, packed);
    return sink.Data(packed);
  }

  static Status Vector(bool gain, size_t cols, TensorSink& sink) {
    return sink.Data(std::as_bytes(std::span<const float>(std::vector<float>(cols, gain ? 1.0f : 0.0f))));
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
