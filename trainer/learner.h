// One training run's numbers and how a step changes them: shares out the batch, sums gradients, updates.
//
// A step has few parallel regions (OpenMP, the pool that oneDNN uses too): prepare weights, forward and
// backward of each worker's own sequences, clip, update. The result depends on the number of
// workers (the order of f32 sums), not on their timing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "format/graph.h"
#include "kernels/kernels.h"
#include "trainer/code_history.h"
#include "trainer/distributed/gradient_exchange.h"
#include "trainer/executor.h"
#include "trainer/recipe/recipe.h"

namespace tritwise {

// Everything that training changes: what a checkpoint holds. No random state is missing: all random
// numbers are drawn by position from the recipe's seed (trainer/random.h).
struct TrainState {
  int64_t step = 0;                 // steps done
  int64_t optimiser_steps = 0;      // since the first moments were last reset
  int64_t second_moment_steps = 0;  // since the second ones were
  uint64_t data_position = 0;       // items drawn from the training stream
  std::vector<float> weights;       // master weights, laid out by ParameterLayout
  std::vector<float> first_moment;
  std::vector<float> second_moment;
};

// What the recipe wants done to the moments at the transition.
void ResetOptimiser(OptimiserAtTransition how, TrainState& state);

struct StepResult {
  double loss = 0.0;           // mean over the batch's rows, nats
  double gradient_norm = 0.0;  // before clipping
  bool stop = false;           // some rank wants to stop after this step
};

struct Score {
  double loss = 0.0;  // mean, nats
  double accuracy = 0.0;
  size_t items = 0;
};

// Share of weights with each code, and of those whose code is another one than when last looked at.
struct CodeShares {
  std::string tensor;
  double minus = 0.0;
  double zero = 0.0;
  double plus = 0.0;
  double changed = 0.0;  // not a number the first time
};

class Learner {
 public:
  // With several `ranks`, each computes its share of a batch, and all get the same results, to the bit: every
  // rank gives the whole batch and makes the same calls in the same order.
  Learner(const Recipe& recipe, const Graph& graph, const kernels::Kernels& kernels, ComputeType type, int threads,
          Communicator& ranks = OneRank());

  TrainState InitialState() const;

  // Does the step that state.step counts up to, on `batch`; resets the moments first where the recipe says.
  // `stop`, looked at as late as possible: this rank wants to stop after it.
  StepResult Step(const TrainBatch& batch, TrainState& state, const std::atomic<bool>* stop = nullptr);

  // kExported: as the .trit file will compute. The same score whatever the number of threads and ranks.
  Score Evaluate(const TrainBatch& batch, const TrainState& state, const Phase& phase, Precision precision);

  std::vector<CodeShares> Codes(std::span<const float> weights, CodeHistory& history) const;

  const ParameterLayout& layout() const { return layout_; }
  int threads() const { return threads_; }
  // Where the steps so far spent their time.
  StepProfile profile() const;
  // Weights of the linears and embeddings, without counting one twice.
  size_t parameter_count() const;

 private:
  // Forward and backward of the sequences of one part of the batch; returns the sum of losses.
  double Accumulate(const TrainBatch& batch, size_t first, size_t last, const TrainState& state, const Phase& phase,
                    bool first_part);
  // Of this rank's share of the batch, if it has one.
  double AccumulateShare(const TrainBatch& batch, const TrainState& state, const Phase& phase);
  double SquaredGradient();
  void Update(int64_t step, float gradient_scale, TrainState& state);

  const Recipe& recipe_;
  const Graph& graph_;
  ParameterLayout layout_;
  std::vector<bool> decayed_;
  bool large_;
  int threads_;
  PreparedWeights prepared_;
  std::vector<std::unique_ptr<TrainExecutor>> executors_;
  GradientSum gradients_;
  Communicator& ranks_;
  std::unique_ptr<GradientExchange> exchange_;  // where there are several
  StepProfile profile_;                         // without the operations, which the executors count
};

}  // namespace tritwise
