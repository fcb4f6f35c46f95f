// Codes with a scale for each group of columns: what they are near to, what they reach, and what an export makes of
// them.
#include "trainer/group_quantiser.h"

#include <omp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "format/half.h"
#include "format/model_file.h"
#include "format/names.h"
#include "format/narrow_layout.h"
#include "format/pack.h"
#include "tests/support/random.h"
#include "tests/support/random_model.h"
#include "trainer/export.h"
#include "trainer/parameters.h"

namespace tritwise::test {
namespace {

TensorSpec Spec(Storage storage, int64_t rows, int64_t cols) {
  TensorSpec spec = {"matrix", storage, ScaleKind::kNone, rows, cols};
  StorePlain(spec, storage);
  return spec;
}

std::vector<float> NormalWeights(size_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> weights(n);
  for (float& w : weights) w = 0.02f * random.Normal();
  return weights;
}

double Decoded(const TensorSpec& spec, const GroupCodes& q, size_t i) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  const size_t group = i % cols / static_cast<size_t>(GroupCols(spec));
  return double{q.scales[group * rows + i / cols]} * q.codes[i];
}

double SquaredError(const TensorSpec& spec, const std::vector<float>& weights, const GroupCodes& q) {
  double error = 0.0;
  for (size_t i = 0; i < weights.size(); ++i) error += std::pow(weights[i] - Decoded(spec, q, i), 2);
  return error;
}

TEST_CASE("int6 and int4 codes are the nearest to their weights with an f16 scale of their group") {
  for (const Storage storage : {Storage::kI6, Storage::kI4}) {
    const TensorSpec spec = Spec(storage, 7, 150);
    const std::vector<float> weights = NormalWeights(7 * 150, 1);
    const GroupCodes q = QuantiseGroups(spec, weights);
    REQUIRE(q.scales.size() == 3 * 7);
    const int offset = NarrowOffset(storage);
    for (const float s : q.scales) CHECK(s == FloatFromHalf(HalfFromFloat(s)));
    for (size_t i = 0; i < weights.size(); ++i) {
      const double scale = q.scales[i % 150 / 64 * 7 + i / 150];
      const double nearest = std::clamp<double>(std::nearbyint(weights[i] / scale), -offset, offset - 1);
      REQUIRE(std::fabs(q.codes[i] - nearest) <=
              (std::fabs(std::fabs(weights[i] / scale - nearest) - 0.5) < 1e-3 ? 1 : 0));
    }
  }
}

TEST_CASE("the scale that is searched for is better than the one that reaches the largest weight") {
  for (const auto& [storage, levels, bound] :
       {std::tuple<Storage, double, double>{Storage::kI6, 31.0, 1.0}, {Storage::kI4, 7.0, 0.9}}) {
    const TensorSpec spec = Spec(storage, 64, 64);
    const std::vector<float> weights = NormalWeights(64 * 64, 2);
    double plain = 0.0;
    for (size_t row = 0; row < 64; ++row) {
      const auto part = std::span(weights).subspan(row * 64, 64);
      float largest = 0.0f;
      for (const float w : part) largest = std::max(largest, std::fabs(w));
      const double scale = largest / levels;
      for (const float w : part) plain += std::pow(w - scale * std::nearbyint(w / scale), 2);
    }
    CHECK(SquaredError(spec, weights, QuantiseGroups(spec, weights)) < bound * plain);
  }
}

TEST_CASE("weights that are multiples of an f16 scale are stored exactly, whichever sign reaches furthest") {
  for (const Storage storage : {Storage::kI6, Storage::kI4}) {
    const int offset = NarrowOffset(storage);
    const TensorSpec spec = Spec(storage, 3, 64);
    std::vector<float> weights(3 * 64);
    for (size_t i = 0; i < weights.size(); ++i) {
      const int value = static_cast<int>(i * 7 % static_cast<size_t>(2 * offset)) - offset;
      weights[i] = 0.25f * static_cast<float>(i < 64 ? value : i < 128 ? -value : std::abs(value) % offset);
    }
    CHECK(SquaredError(spec, weights, QuantiseGroups(spec, weights)) == 0.0);
  }
}

TEST_CASE("groups of zeros, of the tiniest and of huge weights have codes and finite scales") {
  for (const Storage storage : {Storage::kI6, Storage::kI4, Storage::kT2, Storage::kT5}) {
    for (const float size : {0.0f, 1e-30f, 1e-7f, 1e6f, 1e30f}) {
      const TensorSpec spec = Spec(storage, 2, 70);
      std::vector<float> weights = NormalWeights(140, 3);
      for (float& w : weights) w *= size;
      const GroupCodes q = QuantiseGroups(spec, weights);
      const int offset = IsNarrow(storage) ? NarrowOffset(storage) : 2;
      for (const int8_t code : q.codes) REQUIRE((code >= -offset && code < offset));
      for (const float s : q.scales) REQUIRE(std::isfinite(s));
      if (size == 0.0f) CHECK(std::count(q.codes.begin(), q.codes.end(), 0) == 140);
    }
  }
}

TEST_CASE("no other number of non-zero trits comes nearer to a group of weights") {
  for (const Storage storage : {Storage::kT2, Storage::kT5}) {
    const TensorSpec spec = Spec(storage, 3, 350);
    const std::vector<float> weights = NormalWeights(3 * 350, 4);
    const GroupCodes q = QuantiseGroups(spec, weights);
    const auto group_cols = static_cast<size_t>(spec.group);
    REQUIRE(q.scales.size() == 2 * 3);
    for (size_t row = 0; row < 3; ++row) {
      for (size_t group = 0; group < 2; ++group) {
        const size_t begin = group * group_cols;
        const size_t count = std::min(group_cols, 350 - begin);
        std::vector<double> sizes;
        double error = 0.0;
        double all = 0.0;
        for (size_t i = row * 350 + begin; i < row * 350 + begin + count; ++i) {
          sizes.push_back(std::fabs(weights[i]));
          all += sizes.back() * sizes.back();
          error += std::pow(weights[i] - Decoded(spec, q, i), 2);
        }
        std::sort(sizes.rbegin(), sizes.rend());
        double least = all;
        double sum = 0.0;
        for (size_t k = 1; k <= count; ++k) {
          sum += sizes[k - 1];
          least = std::min(least, all - sum * sum / static_cast<double>(k));
        }
        CHECK(error == Approx(least).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("codes do not depend on the number of threads") {
  const int before = omp_get_max_threads();
  for (const Storage storage : {Storage::kI6, Storage::kI4, Storage::kT2, Storage::kT5}) {
    const TensorSpec spec = Spec(storage, 37, 330);
    const std::vector<float> weights = NormalWeights(37 * 330, 5);
    omp_set_num_threads(1);
    const GroupCodes one = QuantiseGroups(spec, weights);
    omp_set_num_threads(3);
    const GroupCodes three = QuantiseGroups(spec, weights);
    CHECK(one.codes == three.codes);
    CHECK(one.scales == three.scales);
  }
  omp_set_num_threads(before);
}

TEST_CASE("an exported embedding holds the codes and scales that were made for it") {
  const TempDir folder;
  const std::string path = (folder.path() / "model.trit").string();
  for (const Storage storage : kGroupedStorages) {
    INFO(NameOf(storage));
    const Graph graph = MakeGroupedDecoder(storage);
    const ParameterLayout layout(graph);
    const std::vector<float> weights = InitialParameters(graph, layout, 1);
    WriteWeights(path, {graph, {}, "", {}}, weights, WeightMeasure::kAbsMean);
    const Result<ModelFile> model = ModelFile::Read(path);
    REQUIRE(model.ok());
    const TensorSpec& spec = graph.tensors[0];
    REQUIRE(spec.name == "embedding.weight");
    const auto rows = static_cast<size_t>(spec.rows);
    const auto cols = static_cast<size_t>(spec.cols);
    const GroupCodes expected = QuantiseGroups(spec, layout.Of(std::span<const float>(weights), 0));
    const TensorData data = model.value().tensor(0);
    std::vector<int8_t> codes(rows * cols);
    std::vector<float> scales(data.scales.begin(), data.scales.end());
    if (IsNarrow(storage)) {
      const NarrowGeometry geometry = MakeNarrowGeometry(storage, rows, cols);
      std::vector<uint16_t> halves(rows * geometry.groups);
      CHECK(UnpackNarrow(geometry, data.data, codes, halves));
      for (const uint16_t half : halves) scales.push_back(FloatFromHalf(half));
    } else {
      CHECK(UnpackTernary(MakeTernaryGeometry(storage, rows, cols), data.data, codes));
    }
    CHECK(codes == expected.codes);
    CHECK(scales == expected.scales);
  }
}

}  // namespace
}  // namespace tritwise::test
