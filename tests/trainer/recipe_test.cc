// Recipes: what is read, what is refused and how it is said.
#include "trainer/recipe/recipe.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "trainer/error.h"
#include "trainer/recipe/defaults.h"

namespace tritwise {
namespace {

constexpr const char* kSmall = "[data]\npath = \"text.txt\"\n";

Recipe Parse(const std::string& more, const std::vector<std::string>& overrides = {}) {
  return ParseRecipe(kSmall + more, "my.toml", overrides);
}

std::string ErrorOf(const std::string& more, const std::vector<std::string>& overrides = {}) {
  try {
    Parse(more, overrides);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

using Catch::Contains;

TEST_CASE("a recipe keeps what is written and has defaults for the rest") {
  const Recipe r = Parse(
      "[network]\nfamily = \"decoder\"\nwidth = 96\nnorm_eps = 1e-6\n[train]\nlearning_rate = 3\n"
      "[quantise]\ntransition = 0.25\nmeasure = \"absmedian\"\n");
  CHECK(std::get<DecoderConfig>(r.network).width == 96);
  CHECK(std::get<DecoderConfig>(r.network).norm_eps == 1e-6f);
  CHECK(std::get<DecoderConfig>(r.network).layers == 4);
  CHECK(r.train.learning_rate == 3.0);
  CHECK(r.quantise.measure == WeightMeasure::kAbsMedian);
  CHECK(r.transition_step() == 250);
}

TEST_CASE("values that need not be there are written only where they are, and read back") {
  const Recipe without = Parse("");
  CHECK_FALSE(without.train.second_learning_rate.has_value());
  CHECK_THAT(WriteRecipe(without), !Contains("second_"));
  const Recipe with = Parse("[train]\nsecond_stage = 0.5\nsecond_learning_rate = 1e-4\n");
  const Recipe again = ParseRecipe(WriteRecipe(with), "again", {});
  CHECK(again.second_stage_step() == 500);
  CHECK(again.train.second_learning_rate == 1e-4);
  CHECK_FALSE(again.train.second_weight_decay.has_value());
  CHECK_THAT(FirstDifference(without, with), Contains("second_learning_rate: nothing in the run, 0.0001"));
  CHECK_THAT(FirstDifference(with, without), Contains("second_learning_rate: 0.0001 in the run, nothing"));
}

TEST_CASE("linears are a list of names that stays as it is") {
  const Recipe r = Parse("[quantise]\nlinears = [\"*.attention.*\", \"scores\"]\n");
  CHECK(ParseRecipe(WriteRecipe(r), "again", {}).quantise.linears ==
        std::vector<std::string>{"*.attention.*", "scores"});
  CHECK_THAT(ErrorOf("[quantise]\nlinears = []\n"), Contains("quantise.linears"));
  CHECK_THAT(ErrorOf("[quantise]\nlinears = \"*\"\n"), Contains("a list of texts"));
}

TEST_CASE("an integer transition is a step") { CHECK(Parse("[quantise]\ntransition = 7\n").transition_step() == 7); }

TEST_CASE("an unknown key is refused with its line and the known ones") {
  CHECK_THAT(ErrorOf("[train]\nstep = 5\n"), Contains("my.toml:4") && Contains("train.step ") && Contains("steps"));
}

TEST_CASE("an unknown section is refused") { CHECK_THAT(ErrorOf("[training]\nsteps = 5\n"), Contains("training")); }

TEST_CASE("a wrong type is refused with what would be right") {
  CHECK_THAT(ErrorOf("[train]\nsteps = \"many\"\n"),
             Contains("my.toml:4") && Contains("train.steps must be an integer"));
  CHECK_THAT(ErrorOf("[quantise]\nmeasure = \"mean\"\n"), Contains("absmean | absmedian"));
  CHECK_THAT(ErrorOf("[network]\nfamily = \"mlp\"\nhidden = [4, \"x\"]\n"), Contains("network.hidden"));
}

TEST_CASE("a transition beyond the end is refused") {
  CHECK_THAT(ErrorOf("[train]\nsteps = 10\n[quantise]\ntransition = 11\n"),
             Contains("step 11") && Contains("10 steps"));
  CHECK_THAT(ErrorOf("[quantise]\ntransition = 1.5\n"), Contains("quantise.transition"));
}

TEST_CASE("text that is not TOML is refused with its line") {
  CHECK_THAT(ErrorOf("[train\n"), Contains("my.toml:3") && Contains("not valid TOML"));
}

TEST_CASE("a family that does not exist is refused with those that do") {
  CHECK_THAT(ErrorOf("[network]\nfamily = \"transformer\"\n"), Contains("decoder | mlp"));
}

TEST_CASE("a recipe without data is refused") {
  CHECK_THROWS_WITH(ParseRecipe("", "empty.toml", {}), Contains("data.path"));
}

TEST_CASE("overrides change single values, as TOML or bare text") {
  const Recipe r = Parse("", {"train.steps=33", "data.path=other file.txt", "quantise.measure=absmedian",
                              "network.width=512", "quantise.transition=0.5"});
  CHECK(r.train.steps == 33);
  CHECK(r.data.path == "other file.txt");
  CHECK(r.quantise.measure == WeightMeasure::kAbsMedian);
  CHECK(std::get<DecoderConfig>(r.network).width == 512);
}

TEST_CASE("an override of an unknown key or of no form is refused") {
  CHECK_THAT(ErrorOf("", {"train.stepz=3"}), Contains("--set train.stepz=3") && Contains("unknown key"));
  CHECK_THAT(ErrorOf("", {"steps"}), Contains("section.key=value"));
}

TEST_CASE("a recipe that is written out reads back as the same recipe") {
  const Recipe r = Parse(
      "[network]\nfamily = \"mlp\"\nhidden = [5, 6]\n[train]\nlearning_rate = 0.0021\n"
      "[quantise]\ntransition = 12\n");
  const Recipe again = ParseRecipe(WriteRecipe(r), "written", {});
  CHECK(WriteRecipe(again) == WriteRecipe(r));
  CHECK(FirstDifference(r, again).empty());
  CHECK(std::get<MlpConfig>(again.network).hidden == std::vector<int64_t>{5, 6});
}

TEST_CASE("the first difference of two recipes names the field and both values") {
  const std::string difference = FirstDifference(Parse("[train]\nsteps = 10\n"), Parse("[train]\nsteps = 20\n"));
  CHECK_THAT(difference, Contains("train.steps") && Contains("10 in the run") && Contains("20 in the recipe"));
}

TEST_CASE("default recipes are valid for any amount of text and grow with it") {
  int64_t width = 0;
  for (const uint64_t bytes : {500u, 50'000u, 500'000u, 2'000'000u, 5'000'000u, 500'000'000u}) {
    const Recipe r = DefaultTextRecipe("x", bytes);
    CHECK_NOTHROW(CheckRecipe(r, "defaults"));
    CHECK(std::get<DecoderConfig>(r.network).width >= width);
    width = std::get<DecoderConfig>(r.network).width;
  }
}

// Collects "section.key" of every field.
struct KeyCollector {
  std::vector<std::string>& keys;
  template <class T>
  void operator()(const char* key, const T&) {
    keys.push_back(key);
  }
};

TEST_CASE("docs/recipe.md names every key") {
  std::ifstream file(TRITWISE_DOCS_DIR "/recipe.md");
  std::stringstream text;
  REQUIRE((text << file.rdbuf()));
  std::vector<std::string> keys;
  const Recipe recipe;
  KeyCollector collector{keys};
  Recipe::Data::Visit(recipe.data, collector);
  Recipe::Train::Visit(recipe.train, collector);
  Recipe::Quantise::Visit(recipe.quantise, collector);
  Recipe::Export::Visit(recipe.exporting, collector);
  const DecoderConfig decoder;
  const MlpConfig mlp;
  DecoderConfig::Visit(decoder, collector);
  MlpConfig::Visit(mlp, collector);
  CHECK(keys.size() > 60);
  for (const std::string& key : keys) {
    INFO(key);
    CHECK_THAT(text.str(), Contains("`" + key + "`"));
  }
}

}  // namespace
}  // namespace tritwise
