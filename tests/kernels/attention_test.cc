// Rotation and attention on every instruction set: against the reference bit for bit, and against a plain
// softmax in double precision.
#include "kernels/attention/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

struct Sequence {
  std::vector<float> query, keys, values;
  std::vector<uint16_t> half_keys, half_values;
  size_t stride, positions, head_size;
  float scale;
};

Sequence MakeSequence(Random& random, size_t positions, size_t head_size, size_t stride) {
  Sequence s;
  s.stride = stride;
  s.positions = positions;
  s.head_size = head_size;
  s.scale = 1.0f / std::sqrt(static_cast<float>(head_size));
  s.query = NormalRow(random, head_size, 2.0f);
  // The last row ends with the head: nothing behind it may be read.
  s.keys = NormalRow(random, (positions - 1) * stride + head_size);
  s.values = NormalRow(random, s.keys.size());
  s.half_keys.resize(s.keys.size());
  s.half_values.resize(s.values.size());
  kernels::reference::StoreRowF16(s.keys.data(), s.keys.size(), s.half_keys.data());
  kernels::reference::StoreRowF16(s.values.data(), s.values.size(), s.half_values.data());
  return s;
}

void RequireReferenceBits(const Sequence& s, const std::vector<kernels::Kernels>& all) {
  static Guarded<float> query_buffer(512), keys_buffer(1 << 20), values_buffer(1 << 20), y_buffer(512);
  static Guarded<uint16_t> half_keys_buffer(1 << 20), half_values_buffer(1 << 20);
  const float* query = query_buffer.Fill(s.query.data(), s.head_size);
  const float* keys = keys_buffer.Fill(s.keys.data(), s.keys.size());
  const float* values = values_buffer.Fill(s.values.data(), s.values.size());
  const uint16_t* half_keys = half_keys_buffer.Fill(s.half_keys.data(), s.half_keys.size());
  const uint16_t* half_values = half_values_buffer.Fill(s.half_values.data(), s.half_values.size());
  float* y = y_buffer.Last(s.head_size);
  const std::string shape = " positions " + std::to_string(s.positions) + " head " + std::to_string(s.head_size);
  std::vector<float> expected[2], expected_half[2];  // not fused, fused
  for (const kernels::Kernels& table : all) {
    std::vector<float>& f32 = expected[table.fused];
    std::vector<float>& f16 = expected_half[table.fused];
    if (f32.empty()) {
      f32.resize(s.head_size);
      f16.resize(s.head_size);
      kernels::reference::Attend(table.fused, query, keys, values, s.stride, s.positions, s.head_size, s.scale,
                                 f32.data());
      kernels::reference::Attend(table.fused, query, half_keys, half_values, s.stride, s.positions, s.head_size,
                                 s.scale, f16.data());
    }
    table.attend_f32(query, keys, values, s.stride, s.positions, s.head_size, s.scale, y);
    RequireSame(y, f32.data(), s.head_size, table.target + shape + " f32");
    table.attend_f16(query, half_keys, half_values, s.stride, s.positions, s.head_size, s.scale, y);
    RequireSame(y, f16.data(), s.head_size, table.target + shape + " f16");
  }
}

TEST_CASE("Attention over 1 to 200 positions equals its reference bit for bit") {
  Random random(12);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (size_t positions = 1; positions <= 200; ++positions) {
    RequireReferenceBits(MakeSequence(random, positions, 32, 64), all);
  }
}

TEST_CASE("Attention of every head size up to 130 and of the largest equals its reference bit for bit") {
  Random random(13);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (size_t head_size = 1; head_size <= 130; ++head_size) {
    RequireReferenceBits(MakeSequence(random, 70, head_size, head_size + 3), all);
  }
  RequireReferenceBits(MakeSequence(random, 70, 256, 256), all);
  RequireReferenceBits(MakeSequence(random, 70, kernels::kMaxHeadSize, kernels::kMaxHeadSize), all);
}

TEST_CASE("Attention is a softmax, within float rounding") {
  Random random(14);
  for (const size_t positions : Sizes{1, 2, 63, 64, 65, 200, 1000}) {
    const Sequence s = MakeSequence(random, positions, 64, 64);
    std::vector<double> p(positions);
    double sum = 0.0;
    for (size_t i = 0; i < positions; ++i) {
      double score = 0.0;
      for (size_t e = 0; e < 64; ++e) score += static_cast<double>(s.query[e]) * s.keys[i * 64 + e];
      p[i] = std::exp(score * s.scale);
      sum += p[i];
    }
    for (const kernels::Kernels& table : AllKernels()) {
      std::vector<float> y(64);
      table.attend_f32(s.query.data(), s.keys.data(), s.values.data(), 64, positions, 64, s.scale, y.data());
      double worst = 0.0;
      for (size_t e = 0; e < 64; ++e) {
        double truth = 0.0;
        for (size_t i = 0; i < positions; ++i) truth += p[i] / sum * s.values[i * 64 + e];
        worst = std::max(worst, std::fabs(truth - static_cast<double>(y[e])));
      }
      CAPTURE(table.target, positions);
      CHECK(worst < 1e-5);
    }
  }
}

TEST_CASE("Attention with scores far apart neither overflows nor underflows to NaN") {
  for (const kernels::Kernels& table : AllKernels()) {
    for (const float direction : {1.0f, -1.0f}) {
      // Scores from -100 to 100 times 200: only the largest counts, first or last.
      const float query = 100.0f;
      std::vector<float> keys(200), values(200);
      for (size_t i = 0; i < 200; ++i) {
        keys[i] = direction * (static_cast<float>(i) - 100.0f);
        values[i] = static_cast<float>(i);
      }
      float y = 0.0f;
      table.attend_f32(&query, keys.data(), values.data(), 1, 200, 1, 2.0f, &y);
      CHECK(y == (direction > 0 ? 199.0f : 0.0f));
    }
  }
}

TEST_CASE("A NaN among the keys makes the result NaN") {
  for (const kernels::Kernels& table : AllKernels()) {
    const float query = 1.0f;
    std::vector<float> keys(100, 0.5f), values(100, 1.0f);
    keys[70] = std::numeric_limits<float>::quiet_NaN();
    float y = 0.0f;
    table.attend_f32(&query, keys.data(), values.data(), 1, 100, 1, 1.0f, &y);
    CHECK(std::isnan(y));
  }
}

TEST_CASE("Rotating heads equals its reference bit for bit at every head size") {
  Guarded<float> x_buffer(3 * 512), cosine_buffer(256), sine_buffer(256);
  Random random(15);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (size_t head_size = 2; head_size <= 260; head_size += 2) {
    const std::vector<float> heads = NormalRow(random, 3 * head_size);
    const float* cosine = cosine_buffer.Fill(NormalRow(random, head_size / 2).data(), head_size / 2);
    const float* sine = sine_buffer.Fill(NormalRow(random, head_size / 2).data(), head_size / 2);
    for (const kernels::Kernels& table : all) {
      std::vector<float> expected = heads;
      kernels::reference::RotateRow(table.fused, expected.data(), 3, head_size, cosine, sine);
      float* x = x_buffer.Fill(heads.data(), heads.size());
      table.rotate_row(x, 3, head_size, cosine, sine);
      RequireSame(x, expected.data(), heads.size(), table.target + std::string(" head ") + std::to_string(head_size));
    }
  }
}

}  // namespace
}  // namespace tritwise::test
