// What a graph computes, written as straight from its definition as can be: double precision, one row at a
// time, no kernels, no cache, no sharing of buffers. The runtime must agree but for rounding.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

#include "format/half.h"
#include "format/model_file.h"
#include "format/pack.h"
#include "tritwise/model.h"

namespace tritwise::test {

using Row = std::vector<double>;
using Rows = std::vector<Row>;  // one for each position of one sequence

class NaiveForward {
 public:
  explicit NaiveForward(const Model& model) : model_(model), graph_(model.graph()) {}

  Rows Tokens(std::span<const int32_t> tokens) {
    tokens_.assign(tokens.begin(), tokens.end());
    return Run({}, tokens.size());
  }

  Rows Features(const Rows& features) { return Run(features, features.size()); }

  // One operation alone, on given inputs: for each of op.inputs its rows.
  Rows OneOp(const Op& op, const std::vector<Rows>& inputs, std::span<const int32_t> tokens) {
    tokens_.assign(tokens.begin(), tokens.end());
    rows_ = tokens.size();
    values_.assign(graph_.value_widths.size(), {});
    for (size_t i = 0; i < inputs.size(); ++i) values_[static_cast<size_t>(op.inputs[i])] = inputs[i];
    return Compute(op);
  }

  // Integers of a ternary linear: codes and step of a row, and the sums.
  struct Quantised {
    std::vector<int> q;
    double step = 0.0;
  };

  Quantised Quantise(const Row& x, const ActivationQuantiser& a) const {
    const Row xn = Norm(x, a.norm, a.norm_eps, a.gain);
    std::vector<double> magnitudes;
    for (const double v : xn) magnitudes.push_back(std::abs(v));
    std::sort(magnitudes.begin(), magnitudes.end());
    double largest = magnitudes.back();
    if (a.measure == ActivationMeasure::kAbsMedian) largest = magnitudes[(magnitudes.size() - 1) / 2];
    if (a.measure == ActivationMeasure::kAbsMean) {
      largest = std::accumulate(magnitudes.begin(), magnitudes.end(), 0.0) / static_cast<double>(magnitudes.size());
    }
    largest = std::max(largest, static_cast<double>(kScaleFloor));
    Quantised result;
    result.step = largest / a.range;
    for (const double v : xn) {
      const double rounded = std::nearbyint(v * (a.range / largest));
      result.q.push_back(static_cast<int>(std::clamp<double>(rounded, a.lowest, kActivationHighest)));
    }
    return result;
  }

  // A tensor's values, its scales applied.
  Rows Matrix(int32_t index) const {
    const TensorSpec& spec = graph_.tensors[static_cast<size_t>(index)];
    const TensorData data = model_.tensor(index);
    const auto rows = static_cast<size_t>(spec.rows);
    const auto cols = static_cast<size_t>(spec.cols);
    std::vector<int8_t> trits(rows * cols);
    if (IsTernary(spec.storage)) UnpackTernary(MakeTernaryGeometry(spec.storage, rows, cols), data.data, trits);
    std::vector<double> scales(data.scales.begin(), data.scales.end());
    if (IsNarrow(spec.storage)) {
      const NarrowGeometry g = MakeNarrowGeometry(spec.storage, rows, cols);
      std::vector<uint16_t> halves(rows * g.groups);
      UnpackNarrow(g, data.data, trits, halves);
      for (const uint16_t half : halves) scales.push_back(FloatFromHalf(half));
    }
    const size_t group = IsNarrow(spec.storage) ? kNarrowGroupCols : static_cast<size_t>(spec.group);
    Rows matrix(rows, Row(cols));
    for (size_t i = 0; i < rows * cols; ++i) {
      size_t which = scales.size() <= 1 ? 0 : i / cols;
      if (group != 0) which = i % cols / group * rows + i / cols;
      matrix[i / cols][i % cols] =
          (scales.empty() ? 1.0 : scales[which]) * Element(spec.storage, data.data.data(), trits, i);
    }
    return matrix;
  }

 private:
  template <class T>
  static T Read(const std::byte* bytes, size_t i) {
    T value;
    std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
    return value;
  }

  static double Element(Storage storage, const std::byte* bytes, const std::vector<int8_t>& trits, size_t i) {
    switch (storage) {
      case Storage::kF32:
        return Read<float>(bytes, i);
      case Storage::kF16:
        return FloatFromHalf(Read<uint16_t>(bytes, i));
      case Storage::kI8:
        return Read<int8_t>(bytes, i);
      default:
        return trits[i];
    }
  }

  Row Vector(int32_t index) const { return Matrix(index)[0]; }

  Row Norm(const Row& x, NormKind kind, double eps, int32_t gain) const {
    if (kind == NormKind::kNone) return x;
    const auto n = static_cast<double>(x.size());
    double mean = 0.0;
    if (kind == NormKind::kLayer) {
      for (const double v : x) mean += v / n;
    }
    double square = 0.0;
    for (const double v : x) square += (v - mean) * (v - mean) / n;
    Row y;
    for (const double v : x) y.push_back((v - mean) / std::sqrt(square + eps));
    if (gain != kNoTensor) {
      const Row g = Vector(gain);
      for (size_t i = 0; i < y.size(); ++i) y[i] *= g[i];
    }
    return y;
  }

  Row Linear(const Row& x, int32_t weight, int32_t bias, const ActivationQuantiser& quantiser) const {
    const Rows w = Matrix(weight);
    const Storage storage = graph_.tensors[static_cast<size_t>(weight)].storage;
    Row input = x;
    if (storage != Storage::kF32 && storage != Storage::kF16) {
      const Quantised q = Quantise(x, quantiser);
      for (size_t i = 0; i < x.size(); ++i) input[i] = q.q[i] * q.step;
    }
    Row y;
    for (const Row& row : w) {
      double sum = 0.0;
      for (size_t i = 0; i < input.size(); ++i) sum += row[i] * input[i];
      y.push_back(sum);
    }
    if (bias != kNoTensor) {
      const Row b = Vector(bias);
      for (size_t i = 0; i < y.size(); ++i) y[i] += b[i];
    }
    return y;
  }

  static double Activate(double x, ActivationKind kind) {
    if (kind == ActivationKind::kSilu) return x / (1.0 + std::exp(-x));
    const double positive = std::max(x, 0.0);
    return kind == ActivationKind::kRelu ? positive : positive * positive;
  }

  static Row Rotate(const Row& x, size_t head_size, const std::vector<float>& frequency, size_t position) {
    if (frequency.empty()) return x;
    Row y = x;
    const size_t half = head_size / 2;
    for (size_t head = 0; head < x.size(); head += head_size) {
      for (size_t i = 0; i < half; ++i) {
        const float angle = static_cast<float>(position) * frequency[i];
        const double a = x[head + i];
        const double b = x[head + i + half];
        y[head + i] = a * std::cos(angle) - b * std::sin(angle);
        y[head + i + half] = b * std::cos(angle) + a * std::sin(angle);
      }
    }
    return y;
  }

  // Into a cache's number format and back; int8 head by head, in float, because a code that tips moves all later rows.
  static Row Round(Row x, Storage storage, size_t head_size) {
    for (size_t begin = 0; begin < x.size(); begin += head_size) {
      float largest = kScaleFloor;
      for (size_t i = 0; i < head_size; ++i) largest = std::max(largest, std::abs(static_cast<float>(x[begin + i])));
      for (size_t i = 0; i < head_size; ++i) {
        double& v = x[begin + i];
        const auto f = static_cast<float>(v);
        v = storage == Storage::kF16  ? static_cast<double>(FloatFromHalf(HalfFromFloat(f)))
            : storage == Storage::kI8 ? static_cast<double>(std::nearbyint(f * (127.0f / largest)) * (largest / 127.0f))
                                      : static_cast<double>(f);
      }
    }
    return x;
  }

  static Row Slice(const Row& x, size_t first, size_t count) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }

  Rows Attend(const AttentionAttrs& a, const Op& op) const {
    const auto size = static_cast<size_t>(a.head_size);
    const size_t query_width = static_cast<size_t>(a.heads) * size;
    const size_t key_width = static_cast<size_t>(a.kv_heads) * size;
    Rows queries, keys, values, out;
    for (size_t p = 0; p < rows_; ++p) {
      const bool one = op.inputs.size() == 1;
      const auto input = [&](size_t i) -> const Row& {
        return values_[static_cast<size_t>(op.inputs[one ? 0 : i])][p];
      };
      queries.push_back(Rotate(Slice(input(0), 0, query_width), size, a.rotary_frequency, p));
      keys.push_back(
          Round(Rotate(Slice(input(1), one ? query_width : 0, key_width), size, a.rotary_frequency, p), a.cache, size));
      values.push_back(Round(Slice(input(2), one ? query_width + key_width : 0, key_width), a.cache, size));
    }
    for (size_t p = 0; p < rows_; ++p) {
      Row y(query_width);
      for (size_t head = 0; head < static_cast<size_t>(a.heads); ++head) {
        const size_t kv = head / static_cast<size_t>(a.heads / a.kv_heads) * size;
        Row weight;
        double total = 0.0;
        for (size_t t = 0; t <= p; ++t) {
          double dot = 0.0;
          for (size_t i = 0; i < size; ++i) dot += queries[p][head * size + i] * keys[t][kv + i];
          weight.push_back(std::exp(dot * static_cast<double>(a.scale)));
          total += weight.back();
        }
        for (size_t t = 0; t <= p; ++t) {
          for (size_t i = 0; i < size; ++i) y[head * size + i] += weight[t] / total * values[t][kv + i];
        }
      }
      out.push_back(y);
    }
    return out;
  }

  Row ComputeRow(const Op& op, size_t row) const {
    const auto input = [&](size_t i) -> const Row& { return values_[static_cast<size_t>(op.inputs[i])][row]; };
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs))
      return Matrix(a->table)[static_cast<size_t>(tokens_[row])];
    if (const auto* a = std::get_if<NormAttrs>(&op.attrs)) return Norm(input(0), a->kind, a->eps, a->gain);
    if (const auto* a = std::get_if<TernaryLinearAttrs>(&op.attrs))
      return Linear(input(0), a->weight, a->bias, a->quantiser);
    if (const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs))
      return Linear(input(0), a->weight, a->bias, a->quantiser);
    Row y(static_cast<size_t>(graph_.value_widths[static_cast<size_t>(op.output)]));
    for (size_t i = 0; i < y.size(); ++i) {
      if (const auto* a = std::get_if<ActivationAttrs>(&op.attrs)) {
        y[i] = Activate(input(0)[i], a->kind);
      } else if (const auto* g = std::get_if<GatedActivationAttrs>(&op.attrs)) {
        const double up = op.inputs.size() == 1 ? input(0)[y.size() + i] : input(1)[i];
        y[i] = Activate(input(0)[i], g->kind) * up;
      } else {
        y[i] = input(0)[i] + input(1)[i];
      }
    }
    return y;
  }

  Rows Compute(const Op& op) const {
    if (const auto* a = std::get_if<AttentionAttrs>(&op.attrs)) return Attend(*a, op);
    Rows out;
    for (size_t i = 0; i < rows_; ++i) out.push_back(ComputeRow(op, i));
    return out;
  }

  Rows Run(const Rows& features, size_t rows) {
    rows_ = rows;
    values_.assign(graph_.value_widths.size(), {});
    if (!features.empty()) values_[0] = features;
    for (const Op& op : graph_.ops) values_[static_cast<size_t>(op.output)] = Compute(op);
    return values_[static_cast<size_t>(graph_.output)];
  }

  const Model& model_;
  const Graph& graph_;
  std::vector<int32_t> tokens_;
  size_t rows_ = 0;
  std::vector<Rows> values_;
};

}  // namespace tritwise::test
