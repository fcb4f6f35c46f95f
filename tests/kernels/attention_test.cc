// Rotation and attention on every instruction set: against the reference bit for bit, and against a plain
// softmax in double precision.
#include "kernels/attention/reference.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/guarded.h"

namespace tritwise::test {
namespace {

// Keys and values in the three number formats of a cache.
struct Sequence {
  std::vector<float> queries, keys, values, key_scales, value_scales;
  std::vector<uint16_t> half_keys, half_values;
  std::vector<int8_t> byte_keys, byte_values;
  size_t stride, positions, head_size;
  float scale;

  kernels::AttendCache<float> f32() const { return Cache(keys, values); }
  kernels::AttendCache<uint16_t> f16() const { return Cache(half_keys, half_values); }
  kernels::AttendCache<int8_t> i8() const {
    kernels::AttendCache<int8_t> cache = Cache(byte_keys, byte_values);
    cache.key_scales = key_scales.data();
    cache.value_scales = value_scales.data();
    return cache;
  }

 private:
  template <class T>
  kernels::AttendCache<T> Cache(const std::vector<T>& k, const std::vector<T>& v) const {
    return {k.data(), v.data(), nullptr, nullptr, stride, head_size, scale};
  }
};

Sequence MakeSequence(Random& random, size_t positions, size_t head_size, size_t stride) {
  Sequence s;
  s.stride = stride;
  s.positions = positions;
  s.head_size = head_size;
  s.scale = 1.0f / std::sqrt(static_cast<float>(head_size));
  s.queries = NormalRow(random, kernels::kMostQueries * head_size, 2.0f);
  // The last row ends with the head: nothing behind it may be read.
  s.keys = NormalRow(random, (positions - 1) * stride + head_size);
  s.values = NormalRow(random, s.keys.size());
  s.half_keys.resize(s.keys.size());
  s.half_values.resize(s.values.size());
  kernels::reference::StoreRowF16(s.keys.data(), s.keys.size(), s.half_keys.data());
  kernels::reference::StoreRowF16(s.values.data(), s.values.size(), s.half_values.data());
  s.byte_keys = CodeRow(random, s.keys.size());
  s.byte_values = CodeRow(random, s.values.size());
  s.key_scales = NormalRow(random, positions, 0.01f);
  s.value_scales = NormalRow(random, positions, 0.01f);
  return s;
}

// Every query alone and all of them together, on every instruction set, against the reference. query i sees
// positions[i] of the sequence.
template <class T, class Kernel>
void RequireReferenceBits(const Sequence& s, kernels::AttendCache<T> cache, const std::vector<size_t>& positions,
                          const std::vector<kernels::Kernels>& all, Kernel kernel) {
  static Guarded<float> queries_buffer(kernels::kMostQueries * 512), y_buffer(kernels::kMostQueries * 512);
  static Guarded<float> key_scales_buffer(4096), value_scales_buffer(4096);
  static Guarded<T> keys_buffer(1 << 20), values_buffer(1 << 20);
  const float* queries = queries_buffer.Fill(s.queries.data(), s.queries.size());
  cache.keys = keys_buffer.Fill(cache.keys, s.keys.size());
  cache.values = values_buffer.Fill(cache.values, s.values.size());
  if (cache.key_scales != nullptr) {
    cache.key_scales = key_scales_buffer.Fill(cache.key_scales, s.positions);
    cache.value_scales = value_scales_buffer.Fill(cache.value_scales, s.positions);
  }
  const size_t n = s.head_size;
  const size_t count = positions.size();
  std::vector<float> expected[2];  // not fused, fused
  for (const kernels::Kernels& table : all) {
    std::vector<float>& y_reference = expected[table.fused];
    if (y_reference.empty()) {
      y_reference.resize(count * n);
      for (size_t i = 0; i < count; ++i) {
        kernels::reference::Attend(table.fused, queries + i * n, cache, positions[i], &y_reference[i * n]);
      }
    }
    kernels::AttendQueries together;
    together.count = count;
    float* y = y_buffer.Last(count * n);
    for (size_t i = 0; i < count; ++i) {
      together.query[i] = queries + i * n;
      together.y[i] = y + i * n;
      together.positions[i] = positions[i];
    }
    (table.*kernel)(together, cache);
    RequireSame(y, y_reference.data(), count * n,
                table.target + std::string(" ") + std::to_string(sizeof(T)) + " bytes, positions " +
                    std::to_string(s.positions) + " head " + std::to_string(n) + " queries " + std::to_string(count));
  }
}

void RequireReferenceBits(const Sequence& s, const std::vector<size_t>& positions,
                          const std::vector<kernels::Kernels>& all) {
  RequireReferenceBits(s, s.f32(), positions, all, &kernels::Kernels::attend_f32);
  RequireReferenceBits(s, s.f16(), positions, all, &kernels::Kernels::attend_f16);
  RequireReferenceBits(s, s.i8(), positions, all, &kernels::Kernels::attend_i8);
}

void RequireReferenceBits(const Sequence& s, const std::vector<kernels::Kernels>& all) {
  RequireReferenceBits(s, {s.positions}, all);
}

std::vector<float> AttendOne(const kernels::Kernels& table, const float* query,
                             const kernels::AttendCache<float>& cache, size_t positions) {
  std::vector<float> y(cache.head_size);
  kernels::AttendQueries one;
  one.count = 1;
  one.query[0] = query;
  one.y[0] = y.data();
  one.positions[0] = positions;
  table.attend_f32(one, cache);
  return y;
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

TEST_CASE("Up to 16 queries together attend as each does alone") {
  Random random(16);
  const std::vector<kernels::Kernels> all = AllKernels();
  for (size_t count = 2; count <= kernels::kMostQueries; ++count) {
    for (const size_t head_size : Sizes{1, 16, 63, 64, 80, 128}) {
      const Sequence s = MakeSequence(random, 150, head_size, head_size);
      // Neighbouring rows of two heads, the last one at the end; and no order at all.
      std::vector<size_t> rows, any;
      for (size_t i = 0; i < count; ++i) {
        rows.push_back(150 - (count - 1 - i) / 2);
        any.push_back(static_cast<size_t>(random.Integer(1, 150)));
      }
      RequireReferenceBits(s, rows, all);
      RequireReferenceBits(s, any, all);
    }
  }
}

TEST_CASE("Queries of one call that begin a block of positions and that end the one before do not mix") {
  Random random(17);
  const Sequence s = MakeSequence(random, 130, 64, 64);
  RequireReferenceBits(s, {63, 64, 65, 66}, AllKernels());
  RequireReferenceBits(s, {64, 64, 64, 128, 129, 130, 1, 128}, AllKernels());
}

TEST_CASE("Attention is a softmax, within float rounding") {
  Random random(14);
  for (const size_t positions : Sizes{1, 2, 63, 64, 65, 200, 1000}) {
    const Sequence s = MakeSequence(random, positions, 64, 64);
    std::vector<double> p(positions);
    double sum = 0.0;
    for (size_t i = 0; i < positions; ++i) {
      double score = 0.0;
      for (size_t e = 0; e < 64; ++e) score += static_cast<double>(s.queries[e]) * s.keys[i * 64 + e];
      p[i] = std::exp(score * s.scale);
      sum += p[i];
    }
    for (const kernels::Kernels& table : AllKernels()) {
      const std::vector<float> y = AttendOne(table, s.queries.data(), s.f32(), positions);
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
      const kernels::AttendCache<float> cache = {keys.data(), values.data(), nullptr, nullptr, 1, 1, 2.0f};
      CHECK(AttendOne(table, &query, cache, 200)[0] == (direction > 0 ? 199.0f : 0.0f));
    }
  }
}

TEST_CASE("A NaN among the keys makes the result NaN") {
  for (const kernels::Kernels& table : AllKernels()) {
    const float query = 1.0f;
    std::vector<float> keys(100, 0.5f), values(100, 1.0f);
    keys[70] = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(AttendOne(table, &query, {keys.data(), values.data(), nullptr, nullptr, 1, 1, 1.0f}, 100)[0]));
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
