// tritwise bench --train: how fast a recipe's training steps are here, in how much memory, and what holds them
// back: time and share of the machine's peak for every kind of operation.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/machine/machine.h"
#include "tools/output.h"
#include "tools/wait_policy.h"
#include "trainer/data/dataset.h"
#include "trainer/error_status.h"
#include "trainer/learner.h"
#include "trainer/peak.h"
#include "trainer/random.h"

namespace tritwise {
namespace {

constexpr size_t kLeastSteps = 5;
constexpr size_t kMostSteps = 60;
constexpr double kSecondsAPhase = 6.0;

// A batch of the recipe's shape. The time of a step does not depend on what a text says, so tokens are random.
struct Subject {
  DataShape shape;
  TrainBatch batch;
};

Subject MakeSubject(const Recipe& recipe) {
  Subject subject;
  if (recipe.data.kind != DataKind::kText) {
    const auto dataset = OpenDataset(recipe, {});
    subject.shape = dataset->shape();
    subject.batch = dataset->Training(0, static_cast<size_t>(recipe.train.batch));
    return subject;
  }
  subject.shape = {InputKind::kTokens, recipe.data.vocabulary, recipe.data.vocabulary, recipe.data.context};
  const RandomStream random(1, 77);
  const auto rows = static_cast<size_t>(recipe.train.batch * recipe.data.context);
  for (size_t i = 0; i < 2 * rows; ++i) {
    const auto token = static_cast<int32_t>(random.Below(i, static_cast<uint32_t>(recipe.data.vocabulary)));
    (i < rows ? subject.batch.tokens : subject.batch.targets).push_back(token);
  }
  subject.batch.sequence_rows.assign(static_cast<size_t>(recipe.train.batch), static_cast<size_t>(recipe.data.context));
  return subject;
}

struct PhaseResult {
  std::string name;
  std::vector<double> seconds;  // of each step, sorted
  StepProfile profile;          // of these steps
  uint64_t peak_rss_bytes = 0;
  int64_t parameters = 0;
};

void Subtract(const StepProfile& before, StepProfile& profile) {
  profile.prepare_s -= before.prepare_s;
  profile.passes_s -= before.passes_s;
  profile.update_s -= before.update_s;
  for (size_t i = 0; i < profile.ops.size(); ++i) {
    profile.ops[i].forward_s -= before.ops[i].forward_s;
    profile.ops[i].backward_s -= before.ops[i].backward_s;
    profile.ops[i].product_s -= before.ops[i].product_s;
    profile.ops[i].product_flops -= before.ops[i].product_flops;
  }
}

PhaseResult MeasurePhase(Recipe recipe, const Graph& graph, const TrainBatch& batch, bool ternary, int threads) {
  recipe.quantise.transition.value = ternary ? 0.0 : 1.0;
  recipe.quantise.strength = StrengthSchedule::kStepped;
  malloc_trim(0);
  ResetPeakResidentBytes();
  Learner learner(recipe, graph, ValueOrThrow(kernels::ResolveKernels()), BestComputeType(), threads);
  TrainState state = learner.InitialState();
  PhaseResult result;
  result.name = ternary ? "1.58-bit" : "16-bit";
  result.parameters = static_cast<int64_t>(learner.parameter_count());
  // The first steps fault in memory and make the products' plans.
  for (int i = 0; i < 2; ++i) learner.Step(batch, state);
  const StepProfile before = learner.profile();
  double total = 0.0;
  while (result.seconds.size() < kMostSteps && (result.seconds.size() < kLeastSteps || total < kSecondsAPhase)) {
    state.step = 0;  // always the same phase and learning rate
    const Stopwatch watch;
    learner.Step(batch, state);
    result.seconds.push_back(watch.Seconds());
    total += result.seconds.back();
  }
  result.profile = learner.profile();
  Subtract(before, result.profile);
  result.peak_rss_bytes = PeakResidentBytes();
  std::sort(result.seconds.begin(), result.seconds.end());
  return result;
}

// "blocks.3.attention.qkv" -> "attention.qkv": the same operation of all blocks together.
std::string KindOf(const std::string& name) {
  if (name.rfind("blocks.", 0) != 0) return name;
  const size_t dot = name.find('.', 7);
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

struct Share {
  std::string name;
  OpProfile work;  // a step, workers added up
};

// In the order of the graph; what is not an operation last.
std::vector<Share> Shares(const PhaseResult& result, const Graph& graph, int threads) {
  std::vector<Share> shares;
  const auto steps = static_cast<double>(result.seconds.size());
  double busy = 0.0;
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const std::string kind = KindOf(graph.ops[i].name);
    auto at = std::find_if(shares.begin(), shares.end(), [&](const Share& s) { return s.name == kind; });
    if (at == shares.end()) at = shares.insert(shares.end(), {kind, {}});
    at->work.Add(result.profile.ops[i]);
    busy += result.profile.ops[i].forward_s + result.profile.ops[i].backward_s;
  }
  const auto add = [&](const char* name, double forward, double backward) {
    shares.push_back({name, {forward, backward, 0.0, 0.0}});
  };
  add("weights made ready", result.profile.prepare_s * threads, 0.0);
  add("clipping, update", 0.0, result.profile.update_s * threads);
  add("waiting for workers", 0.0, std::max(0.0, result.profile.passes_s * threads - busy));
  for (Share& s : shares) {
    for (double* x : {&s.work.forward_s, &s.work.backward_s, &s.work.product_s, &s.work.product_flops}) *x /= steps;
  }
  return shares;
}

Json SharesJson(const std::vector<Share>& shares, double step_s, int threads) {
  Json all = Json::array();
  for (const Share& s : shares) {
    all.push_back({{"name", s.name},
                   {"forward_ms", s.work.forward_s * 1e3},
                   {"backward_ms", s.work.backward_s * 1e3},
                   {"share_of_step", (s.work.forward_s + s.work.backward_s) / (step_s * threads)},
                   {"product_ms", s.work.product_s * 1e3},
                   {"product_flops", s.work.product_flops}});
  }
  return all;
}

void PrintShares(const std::vector<Share>& shares, double step_s, int threads, const ProductPeak& peak) {
  std::vector<std::vector<std::string>> table = {
      {"", "forward ms", "backward ms", "% of step", "in products ms", "GFLOP/s there", "% of peak"}};
  for (const Share& s : shares) {
    const double seconds = s.work.forward_s + s.work.backward_s;
    const bool products = s.work.product_s > 0.0;
    const double rate = products ? s.work.product_flops / s.work.product_s : 0.0;
    table.push_back({s.name, FormatNumber(s.work.forward_s * 1e3, 2), FormatNumber(s.work.backward_s * 1e3, 2),
                     FormatNumber(100.0 * seconds / (step_s * threads), 1),
                     products ? FormatNumber(s.work.product_s * 1e3, 2) : "",
                     products ? FormatNumber(rate / 1e9, 0) : "",
                     products ? FormatNumber(100.0 * rate * threads / peak.products, 0) : ""});
  }
  PrintTable(table);
}

double Flops(const PhaseResult& result) {
  double flops = 0.0;
  for (const OpProfile& op : result.profile.ops) flops += op.product_flops;
  return flops / static_cast<double>(result.seconds.size());
}

}  // namespace

void BenchTraining(const BenchTrainingFlags& flags) {
  WaitBySleeping();
  const Recipe recipe = ReadRecipe(flags.recipe, flags.overrides);
  const int threads =
      flags.threads != 0 ? flags.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const Subject subject = MakeSubject(recipe);
  const Graph graph = ValueOrThrow(BuildFamily(recipe.network, subject.shape, recipe.linear_options()));
  std::vector<PhaseResult> phases;
  for (const bool ternary : {false, true}) {
    phases.push_back(MeasurePhase(recipe, graph, subject.batch, ternary, threads));
  }
  const ProductPeak peak = MeasureProductPeak(BestComputeType(), threads);
  const auto rows = static_cast<double>(subject.batch.rows());
  const auto median = [](const PhaseResult& p) { return p.seconds[p.seconds.size() / 2]; };
  // What an operation's time, summed over all steps, is a share of.
  const auto mean = [](const PhaseResult& p) {
    return std::accumulate(p.seconds.begin(), p.seconds.end(), 0.0) / static_cast<double>(p.seconds.size());
  };

  if (flags.json) {
    Json object;
    object["machine"] = {{"cpu", CpuModel()},
                         {"threads", threads},
                         {"products", MatmulDescription()},
                         {"peak_flops", peak.products},
                         {"peak_int8_ops", peak.int8}};
    object["recipe"] = flags.recipe;
    object["rows_a_step"] = rows;
    for (const PhaseResult& p : phases) {
      object["phases"].push_back({{"phase", p.name},
                                  {"parameters", p.parameters},
                                  {"rows_per_s", rows / median(p)},
                                  {"fastest", rows / p.seconds.front()},
                                  {"slowest", rows / p.seconds.back()},
                                  {"steps", p.seconds.size()},
                                  {"share_of_peak", Flops(p) / median(p) / peak.products},
                                  {"peak_rss_bytes", p.peak_rss_bytes},
                                  {"operations", SharesJson(Shares(p, graph, threads), mean(p), threads)}});
    }
    PrintJson(object);
    return;
  }
  std::printf("%s, %s, %d threads; products alone reach %s GFLOP/s (int8: %s)\n\n", CpuModel().c_str(),
              MatmulDescription().c_str(), threads, FormatNumber(peak.products / 1e9, 0).c_str(),
              FormatNumber(peak.int8 / 1e9, 0).c_str());
  std::vector<std::vector<std::string>> table = {
      {"phase", "rows/s", "slowest", "fastest", "steps", "% of peak", "peak memory", "weights"}};
  for (const PhaseResult& p : phases) {
    table.push_back({p.name, FormatNumber(rows / median(p), 0), FormatNumber(rows / p.seconds.back(), 0),
                     FormatNumber(rows / p.seconds.front(), 0), std::to_string(p.seconds.size()),
                     FormatNumber(100.0 * Flops(p) / median(p) / peak.products, 1), FormatBytes(p.peak_rss_bytes),
                     std::to_string(p.parameters)});
  }
  PrintTable(table);
  for (const PhaseResult& p : phases) {
    std::printf("\n%s, on average a step of %.1f ms on each of %d threads (times of all threads added up)\n",
                p.name.c_str(), mean(p) * 1e3, threads);
    PrintShares(Shares(p, graph, threads), mean(p), threads, peak);
  }
}

}  // namespace tritwise
