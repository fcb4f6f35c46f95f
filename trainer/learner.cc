#include "trainer/learner.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "format/scoring.h"
#include "format/ternary_layout.h"
#include "trainer/distributed/together.h"
#include "trainer/schedule.h"

namespace tritwise {
namespace {

// A network whose weights fill a good part of a small machine's memory (16 bytes each while training) is
// trained with thrift: shorter passes, and cheap values made again.
constexpr size_t kLargeNetwork = size_t{1} << 25;

// Rows that a worker takes through the network at once, at least: enough for the matrix products to be
// efficient, few enough for their operands to stay in the core's cache.
constexpr size_t kPassRows = 512;
constexpr size_t kPassRowsOfLarge = 256;

// Elements of the parameter vector that one thread sums or updates at a time. Fixed, so that sums over
// parts do not depend on the number of threads.
constexpr size_t kPart = 1 << 16;

// Groups [first, last) of the sequences [first, last), with about `most_rows` rows each.
std::vector<std::pair<size_t, size_t>> Passes(const TrainBatch& batch, size_t first, size_t last, size_t most_rows) {
  std::vector<std::pair<size_t, size_t>> passes;
  while (first < last) {
    size_t end = first;
    size_t rows = 0;
    while (end < last && (rows == 0 || rows + batch.sequence_rows[end] <= most_rows)) {
      rows += batch.sequence_rows[end++];
    }
    passes.emplace_back(first, end);
    first = end;
  }
  return passes;
}

}  // namespace

Learner::Learner(const Recipe& recipe, const Graph& graph, const kernels::Kernels& kernels, ComputeType type,
                 int threads, Communicator& ranks)
    : recipe_(recipe),
      graph_(graph),
      layout_(graph),
      decayed_(DecayedTensors(graph)),
      large_(layout_.size() > kLargeNetwork),
      threads_(threads),
      prepared_(graph, layout_, type),
      gradients_(graph, layout_),
      ranks_(ranks) {
  omp_set_num_threads(threads);
  omp_set_dynamic(0);
  for (int i = 0; i < threads; ++i)
    executors_.push_back(std::make_unique<TrainExecutor>(graph, layout_, kernels, type, large_));
  if (ranks_.ranks() > 1) exchange_ = std::make_unique<GradientExchange>(ranks_, gradients_);
}

TrainState Learner::InitialState() const {
  TrainState state;
  state.weights = InitialParameters(graph_, layout_, static_cast<uint64_t>(recipe_.train.seed));
  state.first_moment.assign(layout_.size(), 0.0f);
  state.second_moment.assign(layout_.size(), 0.0f);
  return state;
}

double Learner::Accumulate(const TrainBatch& batch, size_t first, size_t last, const TrainState& state,
                           const Phase& phase, bool first_part) {
  const TrainExecutor::Inputs inputs{state.weights, &prepared_, phase, Precision::kTraining};
  const float weight = 1.0f / static_cast<float>(batch.rows());
  const size_t workers = executors_.size();
  std::vector<std::vector<std::pair<size_t, size_t>>> passes;
  std::vector<size_t> counts;
  for (size_t w = 0; w < workers; ++w) {
    const size_t count = last - first;
    passes.push_back(Passes(batch, first + count * w / workers, first + count * (w + 1) / workers,
                            large_ ? kPassRowsOfLarge : kPassRows));
    counts.push_back(passes.back().size());
  }
  gradients_.Begin(counts, first_part);
  std::vector<double> losses(workers, 0.0);
#pragma omp parallel num_threads(threads_)
  {
    const auto worker = static_cast<size_t>(omp_get_thread_num());
    for (size_t p = 0; p < passes[worker].size(); ++p) {
      const auto [begin, end] = passes[worker][p];
      losses[worker] += executors_[worker]->Train(inputs, batch, begin, end, weight, {gradients_, worker, p});
    }
  }
  double sum = 0.0;
  for (const double loss : losses) sum += loss;
  return sum;
}

double Learner::SquaredGradient() {
  const auto parts = static_cast<int64_t>((layout_.size() + kPart - 1) / kPart);
  std::vector<double> squares(static_cast<size_t>(parts));
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (int64_t part = 0; part < parts; ++part) {
    const size_t begin = static_cast<size_t>(part) * kPart;
    squares[static_cast<size_t>(part)] =
        SumOfSquares(gradients_.values().data() + begin, std::min(kPart, layout_.size() - begin));
  }
  double sum = 0.0;
  for (const double square : squares) sum += square;
  return sum;
}

void Learner::Update(int64_t step, float gradient_scale, TrainState& state) {
  const Recipe::Train& t = recipe_.train;
  ++state.optimiser_steps;
  ++state.second_moment_steps;
  AdamStep adam;
  adam.learning_rate = static_cast<float>(LearningRate(recipe_, step));
  adam.beta1 = static_cast<float>(t.beta1);
  adam.beta2 = static_cast<float>(t.beta2);
  adam.epsilon = static_cast<float>(t.epsilon);
  adam.correction1 = static_cast<float>(1.0 / (1.0 - std::pow(t.beta1, static_cast<double>(state.optimiser_steps))));
  adam.correction2 =
      static_cast<float>(1.0 / (1.0 - std::pow(t.beta2, static_cast<double>(state.second_moment_steps))));
  adam.gradient_scale = gradient_scale;
  const auto weight_decay = static_cast<float>(WeightDecay(recipe_, step));
#pragma omp parallel num_threads(threads_)
  for (size_t tensor = 0; tensor < layout_.tensors(); ++tensor) {
    AdamStep own = adam;
    own.weight_decay = decayed_[tensor] ? weight_decay : 0.0f;
    const auto parts = static_cast<int64_t>((layout_.count(tensor) + kPart - 1) / kPart);
#pragma omp for schedule(static) nowait
    for (int64_t part = 0; part < parts; ++part) {
      const size_t inside = static_cast<size_t>(part) * kPart;
      const size_t begin = layout_.begin(tensor) + inside;
      AdamUpdate(own, gradients_.values().data() + begin, std::min(kPart, layout_.count(tensor) - inside),
                 state.weights.data() + begin, state.first_moment.data() + begin, state.second_moment.data() + begin);
    }
  }
}

void ResetOptimiser(OptimiserAtTransition how, TrainState& state) {
  if (how == OptimiserAtTransition::kKeep) return;
  std::fill(state.second_moment.begin(), state.second_moment.end(), 0.0f);
  state.second_moment_steps = 0;
  if (how == OptimiserAtTransition::kResetSecond) return;
  std::fill(state.first_moment.begin(), state.first_moment.end(), 0.0f);
  state.optimiser_steps = 0;
}

double Learner::AccumulateShare(const TrainBatch& batch, const TrainState& state, const Phase& phase) {
  const auto [begin, end] = ShareOf(ranks_, batch.sequence_rows.size());
  const size_t sequences = end - begin;
  const auto parts = std::min(sequences, static_cast<size_t>(recipe_.train.accumulation));
  double loss = 0.0;
  if (exchange_) exchange_->Begin();
  for (size_t part = 0; part < parts; ++part) {
    if (exchange_ && part + 1 == parts) exchange_->BeginLastPart();
    loss += Accumulate(batch, begin + sequences * part / parts, begin + sequences * (part + 1) / parts, state, phase,
                       part == 0);
  }
  if (exchange_ && parts == 0) exchange_->NoParts();
  return loss;
}

StepResult Learner::Step(const TrainBatch& batch, TrainState& state, const std::atomic<bool>* stop) {
  const int64_t step = state.step;
  const Phase phase = PhaseOf(recipe_, step);
  if (step == recipe_.transition_step()) ResetOptimiser(recipe_.quantise.optimiser, state);
  const Stopwatch prepare;
  prepared_.Prepare(state.weights, phase, Precision::kTraining);
  profile_.prepare_s += prepare.Seconds();

  const Stopwatch forward_and_backward;
  StepResult result;
  double totals[] = {AccumulateShare(batch, state, phase), stop != nullptr && stop->load() ? 1.0 : 0.0};
  const Stopwatch exchange;
  if (exchange_) exchange_->Finish(totals);
  profile_.exchange_s += exchange.Seconds();
  result.loss = totals[0];
  result.stop = totals[1] > 0.0;
  result.loss /= static_cast<double>(batch.rows());
  profile_.passes_s += forward_and_backward.Seconds();

  const Stopwatch update;
  result.gradient_norm = std::sqrt(SquaredGradient());
  const double clip = recipe_.train.clip;
  const bool clipped = clip > 0.0 && result.gradient_norm > clip;
  Update(step, clipped ? static_cast<float>(clip / result.gradient_norm) : 1.0f, state);
  profile_.update_s += update.Seconds();
  ++state.step;
  return result;
}

Score Learner::Evaluate(const TrainBatch& batch, const TrainState& state, const Phase& training, Precision precision) {
  Phase phase = training;
  phase.rounding = Rounding::kNearest;  // chance is for training only
  prepared_.Prepare(state.weights, phase, precision);
  const TrainExecutor::Inputs inputs{state.weights, &prepared_, phase, precision};
  const size_t sequences = batch.sequence_rows.size();
  std::vector<size_t> first_row(sequences + 1, 0);
  for (size_t s = 0; s < sequences; ++s) first_row[s + 1] = first_row[s] + batch.sequence_rows[s];
  // Sums of each sequence, added up in order afterwards: the score does not depend on who computed what.
  std::vector<double> losses(sequences, 0.0);
  std::vector<double> hits(sequences, 0.0);
  const auto width = static_cast<size_t>(graph_.output_width());
  const std::pair<size_t, size_t> share = ShareOf(ranks_, sequences);
#pragma omp parallel for schedule(dynamic) num_threads(threads_)
  for (auto index = static_cast<int64_t>(share.first); index < static_cast<int64_t>(share.second); ++index) {
    const auto s = static_cast<size_t>(index);
    TrainExecutor& executor = *executors_[static_cast<size_t>(omp_get_thread_num())];
    executor.Evaluate(inputs, batch, s, s + 1, [&](size_t first, size_t count, const float* scores) {
      for (size_t r = 0; r < count; ++r) {
        const std::span row(scores + r * width, width);
        const auto target = static_cast<size_t>(batch.targets[first_row[s] + first + r]);
        losses[s] += NegativeLogLikelihood(row, target);
        hits[s] += HighestScore(row) == target ? 1.0 : 0.0;
      }
    });
  }
  // The others' sequences are zero here: adding up over ranks changes no bit.
  SumOverRanks(ranks_, losses);
  SumOverRanks(ranks_, hits);
  Score score;
  score.items = batch.rows();
  double hit = 0.0;
  for (size_t s = 0; s < sequences; ++s) {
    score.loss += losses[s];
    hit += hits[s];
  }
  score.loss /= static_cast<double>(score.items);
  score.accuracy = hit / static_cast<double>(score.items);
  return score;
}

std::vector<CodeShares> Learner::Codes(std::span<const float> all_weights, CodeHistory& history) const {
  size_t begin = 0;
  std::vector<CodeShares> all;
  for (size_t t = 0; t < graph_.tensors.size(); ++t) {
    if (!IsTernaryWeight(graph_.tensors[t])) continue;
    const auto weights = layout_.Of(all_weights, static_cast<int32_t>(t));
    const auto codes = TernaryCodes(weights, WeightScale(weights, recipe_.quantise.measure));
    const auto share = [&](int8_t code) {
      return static_cast<double>(std::count(codes.begin(), codes.end(), code)) / static_cast<double>(codes.size());
    };
    all.push_back({graph_.tensors[t].name, share(-1), share(0), share(1), history.Exchange(begin, codes)});
    begin += codes.size();
  }
  return all;
}

StepProfile Learner::profile() const {
  StepProfile all = profile_;
  all.ops.resize(graph_.ops.size());
  for (const auto& executor : executors_) {
    for (size_t i = 0; i < all.ops.size(); ++i) all.ops[i].Add(executor->profile()[i]);
  }
  return all;
}

size_t Learner::parameter_count() const {
  size_t count = 0;
  for (size_t t = 0; t < layout_.tensors(); ++t) count += layout_.count(t);
  return count;
}

}  // namespace tritwise
