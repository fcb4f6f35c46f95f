// What a recipe's values must be beyond their types.
#include <cmath>

#include "format/ternary_layout.h"
#include "trainer/error.h"
#include "trainer/recipe/recipe.h"

namespace tritwise {

int64_t StepOrFraction::StepOf(int64_t steps) const {
  if (const auto* step = std::get_if<int64_t>(&value)) return *step;
  return std::llround(std::get<double>(value) * static_cast<double>(steps));
}

LinearOptions Recipe::linear_options() const {
  LinearOptions options;
  options.ternary = exporting.layout;
  options.plain = exporting.head;
  options.quantiser.norm = quantise.norm;
  options.quantiser.range = static_cast<int32_t>(quantise.range);
  options.quantiser.lowest = static_cast<int32_t>(quantise.lowest);
  options.quantiser.measure = quantise.activation_measure;
  options.ternary_linears = quantise.linears;
  return options;
}

void CheckRecipe(const Recipe& r, const std::string& where) {
  const auto need = [&](bool condition, const std::string& what) {
    if (!condition) throw Error(where + ": " + what);
  };
  const auto within = [&](const char* key, auto value, auto least, auto most) {
    need(value >= least && value <= most,
         std::string(key) + " must be from " + std::to_string(least) + " to " + std::to_string(most));
  };
  const auto within_steps = [&](const char* key, const StepOrFraction& place) {
    if (const auto* fraction = std::get_if<double>(&place.value)) return within(key, *fraction, 0.0, 1.0);
    const int64_t step = std::get<int64_t>(place.value);
    need(step >= 0 && step <= r.train.steps, std::string(key) + " is step " + std::to_string(step) +
                                                 ", but the run has " + std::to_string(r.train.steps) + " steps");
  };
  need(!r.data.path.empty(), "data.path is missing: the text or the images to train on");
  if (r.data.kind == DataKind::kImages) {
    need(!r.data.labels.empty() && !r.data.test_path.empty() && !r.data.test_labels.empty(),
         "data.labels, data.test_path and data.test_labels are needed with images");
  }
  within("data.vocabulary", r.data.vocabulary, int64_t{260}, int64_t{1} << 20);
  within("data.character_coverage", r.data.character_coverage, 0.98, 1.0);
  within("data.context", r.data.context, int64_t{2}, int64_t{1} << 17);
  within("data.validation_fraction", r.data.validation_fraction, 0.0001, 0.5);

  within("train.steps", r.train.steps, int64_t{1}, int64_t{1} << 40);
  within("train.batch", r.train.batch, int64_t{1}, int64_t{1} << 20);
  within("train.accumulation", r.train.accumulation, int64_t{1}, r.train.batch);
  need(r.train.learning_rate > 0.0 && r.train.learning_rate < 10.0, "train.learning_rate must be above 0 and below 10");
  within("train.final_learning_rate", r.train.final_learning_rate, 0.0, 1.0);
  within("train.warmup_steps", r.train.warmup_steps, int64_t{0}, int64_t{1} << 40);
  within("train.weight_decay", r.train.weight_decay, 0.0, 10.0);
  within_steps("train.decay", r.train.decay);
  if (r.train.second_stage) within_steps("train.second_stage", *r.train.second_stage);
  if (r.train.second_learning_rate) {
    need(*r.train.second_learning_rate > 0.0 && *r.train.second_learning_rate < 10.0,
         "train.second_learning_rate must be above 0 and below 10");
  }
  if (r.train.second_weight_decay) within("train.second_weight_decay", *r.train.second_weight_decay, 0.0, 10.0);
  need(r.train.beta1 >= 0.0 && r.train.beta1 < 1.0 && r.train.beta2 >= 0.0 && r.train.beta2 < 1.0,
       "train.beta1 and train.beta2 must be at least 0 and below 1");
  need(r.train.epsilon > 0.0 && std::isfinite(r.train.epsilon), "train.epsilon must be above 0");
  need(r.train.clip >= 0.0 && std::isfinite(r.train.clip), "train.clip must be at least 0");
  need(r.train.spike_factor == 0.0 || (r.train.spike_factor > 1.0 && std::isfinite(r.train.spike_factor)),
       "train.spike_factor must be above 1, or 0 for none");
  within("train.validate_every", r.train.validate_every, int64_t{0}, int64_t{1} << 40);
  within("train.validate_sequences", r.train.validate_sequences, int64_t{1}, int64_t{1} << 40);
  within("train.checkpoint_every", r.train.checkpoint_every, int64_t{1}, int64_t{1} << 40);

  within_steps("quantise.transition", r.quantise.transition);
  within("quantise.phase_steps", r.quantise.phase_steps, int64_t{1}, int64_t{1} << 40);
  within("quantise.rewarm_steps", r.quantise.rewarm_steps, int64_t{0}, int64_t{1} << 40);
  need(!r.quantise.linears.empty(), "quantise.linears must name at least one linear; \"*\" stands for all");
  need(r.quantise.range == 127 || r.quantise.range == 128, "quantise.range must be 127 or 128");
  need(r.quantise.lowest == -127 || r.quantise.lowest == -128, "quantise.lowest must be -127 or -128");
  need(IsTernary(r.exporting.layout), "export.layout must be t2, t5 or lut");
  need(r.exporting.head != Storage::kLut, "export.head must be int8, int6, int4, t2, t5, f16 or f32");
}

}  // namespace tritwise
