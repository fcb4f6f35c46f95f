// A recipe: everything that decides what a training run does, as read from TOML.
//
// Every field stands in exactly one Visit below; reading, writing, `--set`, the list of known keys and the
// comparison on resume all go through it. A run folder holds the recipe with all defaults written out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "format/families/families.h"
#include "format/names.h"
#include "trainer/quantiser.h"
#include "trainer/recipe/step_or_fraction.h"

namespace tritwise {

enum class DataKind : uint8_t { kText, kImages };
// How quantisation comes in over phase_steps, k of T steps after the transition.
enum class StrengthSchedule : uint8_t {
  kStepped,  // 1 at once
  kPhased,   // 2 sigmoid(5 k / T) - 1 (arXiv 2502.11895)
  kLinear,   // k / T
  kCosine,   // (1 - cos(pi k / T)) / 2
};
// What becomes of the optimiser's moments at the transition.
enum class OptimiserAtTransition : uint8_t { kKeep, kReset, kResetSecond };
// What a run does about a loss that is not a number, or a spike of it.
enum class OnDivergence : uint8_t {
  kStop,      // ends; the last checkpoint is kept
  kRollBack,  // goes back to the last checkpoint and leaves out the batches since
};
// Learning rate after the warm-up.
enum class RateSchedule : uint8_t {
  kCosine,    // half a cosine down to the final rate
  kConstant,  // flat
  kLinear,    // straight down to the final rate
  kStable,    // flat, then straight down over the decay: warm-up, stable, decay (arXiv 2404.06395)
};

template <>
struct EnumNames<DataKind> {
  static constexpr std::array<std::string_view, 2> kNames = {"text", "images"};
};
template <>
struct EnumNames<StrengthSchedule> {
  static constexpr std::array<std::string_view, 4> kNames = {"stepped", "phased", "linear", "cosine"};
};
template <>
struct EnumNames<OptimiserAtTransition> {
  static constexpr std::array<std::string_view, 3> kNames = {"keep", "reset", "reset-second"};
};
template <>
struct EnumNames<OnDivergence> {
  static constexpr std::array<std::string_view, 2> kNames = {"stop", "roll-back"};
};
template <>
struct EnumNames<RateSchedule> {
  static constexpr std::array<std::string_view, 4> kNames = {"cosine", "constant", "linear", "stable"};
};
template <>
struct EnumNames<WeightMeasure> {
  static constexpr std::array<std::string_view, 2> kNames = {"absmean", "absmedian"};
};

template <>
struct EnumNames<Rounding> {
  static constexpr std::array<std::string_view, 2> kNames = {"nearest", "stochastic"};
};

struct Recipe {
  struct Data {
    DataKind kind = DataKind::kText;
    std::string path;       // text: a file, a folder, or JSONL. images: training images (IDX)
    std::string labels;     // images: their labels
    std::string test_path;  // images: what validation uses, and its labels
    std::string test_labels;
    int64_t vocabulary = 2048;  // text: pieces to learn
    double character_coverage = 0.9995;
    std::string tokenizer;  // text: a sentencepiece .model or a tokenizer.json to use instead
    int64_t context = 256;  // text: rows of a sequence
    double validation_fraction = 0.05;

    template <class Self, class Visitor>
    static void Visit(Self& self, Visitor&& field) {
      field("kind", self.kind);
      field("path", self.path);
      field("labels", self.labels);
      field("test_path", self.test_path);
      field("test_labels", self.test_labels);
      field("vocabulary", self.vocabulary);
      field("character_coverage", self.character_coverage);
      field("tokenizer", self.tokenizer);
      field("context", self.context);
      field("validation_fraction", self.validation_fraction);
    }
  } data;

  FamilyConfig network = DecoderConfig{};

  struct Train {
    int64_t steps = 1000;
    int64_t batch = 8;         // sequences (text) or images a step
    int64_t accumulation = 1;  // the batch is computed in this many parts, one after the other
    double learning_rate = 1e-3;
    double final_learning_rate = 0.1;  // as a share of learning_rate, at the last step
    RateSchedule schedule = RateSchedule::kCosine;
    int64_t warmup_steps = 50;
    StepOrFraction decay{0.2};  // schedule "stable": its length, the last so many steps or share of them
    double weight_decay = 0.1;
    // The second stage of two (arXiv 2504.12285). Without its step it begins with the transition; without a rate or a
    // decay of its own the first stage's goes on.
    std::optional<StepOrFraction> second_stage;
    std::optional<double> second_learning_rate;  // peak, in place of learning_rate
    std::optional<double> second_weight_decay;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double clip = 1.0;  // largest norm of the gradient; 0: no clipping
    OnDivergence on_divergence = OnDivergence::kStop;
    double spike_factor = 0.0;  // a loss this many times its recent mean has diverged; 0: only one that is no number
    int64_t seed = 1;
    int64_t validate_every = 100;     // steps; 0: only at the end
    int64_t validate_sequences = 32;  // of the validation data, spread over it, while training; all of it at the end
    int64_t checkpoint_every = 200;

    template <class Self, class Visitor>
    static void Visit(Self& self, Visitor&& field) {
      field("steps", self.steps);
      field("batch", self.batch);
      field("accumulation", self.accumulation);
      field("learning_rate", self.learning_rate);
      field("final_learning_rate", self.final_learning_rate);
      field("schedule", self.schedule);
      field("warmup_steps", self.warmup_steps);
      field("decay", self.decay);
      field("weight_decay", self.weight_decay);
      field("second_stage", self.second_stage);
      field("second_learning_rate", self.second_learning_rate);
      field("second_weight_decay", self.second_weight_decay);
      field("beta1", self.beta1);
      field("beta2", self.beta2);
      field("epsilon", self.epsilon);
      field("clip", self.clip);
      field("on_divergence", self.on_divergence);
      field("spike_factor", self.spike_factor);
      field("seed", self.seed);
      field("validate_every", self.validate_every);
      field("validate_sequences", self.validate_sequences);
      field("checkpoint_every", self.checkpoint_every);
    }
  } train;

  struct Quantise {
    StepOrFraction transition{0.4};  // first step of the 1.58-bit phase
    WeightMeasure measure = WeightMeasure::kAbsMean;
    Rounding rounding = Rounding::kNearest;    // of weights while training
    std::vector<std::string> linears = {"*"};  // names of the linears that become ternary; * stands for anything
    StrengthSchedule strength = StrengthSchedule::kStepped;
    int64_t phase_steps = 200;  // length of phasing in
    OptimiserAtTransition optimiser = OptimiserAtTransition::kKeep;
    int64_t rewarm_steps = 0;  // the learning rate climbs from 0 again over these
    ActivationMeasure activation_measure = ActivationMeasure::kAbsMax;
    NormKind norm = NormKind::kLayer;  // of a ternary linear's input
    int64_t range = 128;               // R of the activations: 127 or 128
    int64_t lowest = -128;             // lowest activation code: -127 or -128

    template <class Self, class Visitor>
    static void Visit(Self& self, Visitor&& field) {
      field("transition", self.transition);
      field("measure", self.measure);
      field("rounding", self.rounding);
      field("linears", self.linears);
      field("strength", self.strength);
      field("phase_steps", self.phase_steps);
      field("optimiser", self.optimiser);
      field("rewarm_steps", self.rewarm_steps);
      field("norm", self.norm);
      field("activation_measure", self.activation_measure);
      field("range", self.range);
      field("lowest", self.lowest);
    }
  } quantise;

  struct Export {
    Storage layout = Storage::kT2;  // of ternary matrices
    Storage head = Storage::kI8;    // of head and embedding

    template <class Self, class Visitor>
    static void Visit(Self& self, Visitor&& field) {
      field("layout", self.layout);
      field("head", self.head);
    }
  } exporting;

  // section(name, struct) for every section, in the order in which they are written; the network's fields
  // come after `family`, which the section's visitor is given as a field of its own.
  template <class Self, class SectionVisitor>
  static void Visit(Self& self, SectionVisitor&& section) {
    section("data", self.data);
    section("network", self.network);
    section("train", self.train);
    section("quantise", self.quantise);
    section("export", self.exporting);
  }

  int64_t transition_step() const { return quantise.transition.StepOf(train.steps); }
  int64_t second_stage_step() const {
    return train.second_stage ? train.second_stage->StepOf(train.steps) : transition_step();
  }
  LinearOptions linear_options() const;
};

// Where something in a recipe is wrong, these throw Error with one line: file, line, key, what would be right.
// `overrides` are "section.key=value" with a TOML value, or bare text for strings.
Recipe ReadRecipe(const std::string& path, const std::vector<std::string>& overrides);
Recipe ParseRecipe(const std::string& toml, const std::string& where, const std::vector<std::string>& overrides);
std::string WriteRecipe(const Recipe& recipe);

// Ranges that no single field's type says.
void CheckRecipe(const Recipe& recipe, const std::string& where);

// "train.steps: 100 in the run, 200 in the recipe" for the first field that differs; empty if none does.
std::string FirstDifference(const Recipe& run, const Recipe& recipe);

}  // namespace tritwise
