// Holds what a machine without an operating system printed (tools/bare/program.cc) to this machine's runtime: the same
// class and the same integer sums in every ternary linear, scores within 1e-5 of the largest magnitude in their row.
//
// Usage: bare_check MODEL.trit IMAGES < output      Prints what it found; exit code 1 where anything differs.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "format/scoring.h"
#include "runtime/executor.h"
#include "trainer/data/idx.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

constexpr double kTolerance = 1e-5;

struct Line {
  size_t sample = 0;
  size_t best = 0;
  uint32_t sums = 0;
  std::vector<float> scores;
};

Line ParseLine(const std::string& text) {
  Line line;
  std::istringstream in(text);
  std::string word;
  in >> word >> line.sample >> word >> line.best >> word >> std::hex >> line.sums >> word;
  for (uint32_t bits = 0; in >> bits;) line.scores.push_back(std::bit_cast<float>(bits));
  return line;
}

class Hash {
 public:
  void Add(const std::vector<int32_t>& sums) {
    for (const int32_t sum : sums) {
      for (unsigned shift = 0; shift < 32; shift += 8) {
        value_ = (value_ ^ (static_cast<uint32_t>(sum) >> shift & 0xFF)) * 16777619u;
      }
    }
  }
  uint32_t value() const { return value_; }

 private:
  uint32_t value_ = 2166136261u;
};

Line Expect(runtime::Executor& executor, const Graph& graph, size_t sample, const std::vector<float>& features) {
  const BatchRow row;
  ThrowIfError(executor.Begin({std::span(&row, 1), features}));
  Hash hash;
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& op = graph.ops[i];
    if (op.kind() == OpKind::kTernaryLinear) {
      const runtime::RowMatrix x = executor.value(op.inputs[0]);
      const std::vector<float> input(x.row(0), x.row(0) + x.width);
      hash.Add(executor.ProbeTernary(i, input).sums_bn);
    }
    executor.RunOps(i, i + 1);
  }
  const OutputRows output = executor.End();
  const std::span<const float> scores = output.row(0);
  return {sample, HighestScore(scores), hash.value(), {scores.begin(), scores.end()}};
}

struct Findings {
  size_t samples = 0;
  size_t classes = 0;  // that differ
  size_t sums = 0;
  size_t same_bits = 0;
  double worst = 0.0;
};

void Compare(const Line& device, const Line& host, Findings& findings) {
  ++findings.samples;
  findings.classes += device.best != host.best ? 1 : 0;
  findings.sums += device.sums != host.sums ? 1 : 0;
  if (device.scores.size() != host.scores.size()) throw Error("a line with another number of scores");
  double largest = 0.0;
  double difference = 0.0;
  bool same = true;
  for (size_t i = 0; i < host.scores.size(); ++i) {
    largest = std::max(largest, std::fabs(static_cast<double>(host.scores[i])));
    const double apart = std::fabs(static_cast<double>(device.scores[i]) - static_cast<double>(host.scores[i]));
    if (!(apart <= difference)) difference = apart;
    same = same && std::bit_cast<uint32_t>(device.scores[i]) == std::bit_cast<uint32_t>(host.scores[i]);
  }
  if (!(difference / largest <= findings.worst)) findings.worst = difference / largest;
  findings.same_bits += same ? 1 : 0;
}

bool Check(const char* model_path, const char* images_path) {
  const std::shared_ptr<const Model> model = ValueOrThrow(Model::Load(model_path));
  const IdxImages images = ReadIdxImages(images_path);
  const size_t width = images.rows * images.cols;
  PlanOptions options;
  options.threads = 1;
  options.max_rows = 1;
  const auto executor = ValueOrThrow(runtime::Executor::Make(model, options));
  Findings findings;
  for (std::string text; std::getline(std::cin, text);) {
    if (text.rfind("sample ", 0) != 0) continue;
    const Line device = ParseLine(text);
    if (device.sample != findings.samples || device.sample >= images.count) throw Error("not the next sample: " + text);
    std::vector<float> features(width);
    for (size_t i = 0; i < width; ++i) {
      features[i] = static_cast<float>(images.pixels[device.sample * width + i]) / 255.0f;
    }
    Compare(device, Expect(*executor, model->graph(), device.sample, features), findings);
  }
  std::printf(
      "%zu samples: %zu classes and %zu sums differ, %zu with scores equal to the bit, worst relative error %g\n",
      findings.samples, findings.classes, findings.sums, findings.same_bits, findings.worst);
  return findings.samples != 0 && findings.classes == 0 && findings.sums == 0 && findings.worst <= kTolerance;
}

}  // namespace
}  // namespace tritwise

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bare_check MODEL.trit IMAGES < output\n", stderr);
    return 2;
  }
  try {
    return tritwise::Check(argv[1], argv[2]) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_check: %s\n", error.what());
    return 1;
  }
}
