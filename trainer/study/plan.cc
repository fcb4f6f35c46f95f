#include "trainer/study/plan.h"

#include <algorithm>
#include <map>

namespace tritwise {
namespace {

// "kept, 20 %" -> "kept-20"
std::string Slug(const std::string& name) {
  std::string slug;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (plain || capital) {
      slug += capital ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (c == '.') {
      slug += "p";
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.empty() ? "condition" : slug;
}

class Planner {
 public:
  explicit Planner(const Study& study) : study_(study) {
    std::set<std::string> taken;
    for (const StudyCondition& condition : study.conditions) {
      std::string slug = Slug(condition.name);
      for (int i = 2; taken.contains(slug); ++i) slug = Slug(condition.name) + "-" + std::to_string(i);
      taken.insert(slug);
      slugs_.push_back(slug);
    }
  }

  std::vector<StudyRun> Plan() {
    for (const int64_t seed : study_.seeds) PlanSeed(seed);
    return std::move(plan_);
  }

 private:
  static int64_t BranchStep(const Recipe& recipe) { return std::min(recipe.transition_step(), recipe.train.steps); }

  StudyRun Make(const Recipe& recipe, int condition, const std::string& slug, const std::string& title) const {
    StudyRun run;
    run.recipe = recipe;
    run.condition = condition;
    run.seed = recipe.train.seed;
    run.folder = slug + "-seed" + std::to_string(run.seed);
    run.title = title + ", seed " + std::to_string(run.seed);
    run.last_step = recipe.train.steps;
    return run;
  }

  void PlanSeed(int64_t seed) {
    // Conditions by what they do before they change over, in the study's order.
    std::vector<std::string> keys;
    std::map<std::string, std::vector<int>> members;
    std::vector<Recipe> recipes;
    for (size_t i = 0; i < study_.conditions.size(); ++i) {
      Recipe recipe = study_.conditions[i].recipe;
      recipe.train.seed = seed;
      recipes.push_back(recipe);
      const std::string key = WriteRecipe(TrunkRecipe(recipe));
      if (members[key].empty()) keys.push_back(key);
      members[key].push_back(static_cast<int>(i));
    }
    for (size_t k = 0; k < keys.size(); ++k) PlanGroup(members[keys[k]], recipes, k);
  }

  void PlanGroup(const std::vector<int>& group, const std::vector<Recipe>& recipes, size_t number) {
    const auto recipe = [&](int condition) -> const Recipe& { return recipes[static_cast<size_t>(condition)]; };
    const auto whole = [&](int condition) { return BranchStep(recipe(condition)) == recipe(condition).train.steps; };
    const auto branches = [&](int condition) { return !whole(condition) && BranchStep(recipe(condition)) > 0; };
    const auto never = std::find_if(group.begin(), group.end(), whole);
    const auto branching = std::count_if(group.begin(), group.end(), branches);

    int trunk = -1;
    if (never != group.end()) {
      trunk = Add(ConditionRun(*never, recipe(*never)));
    } else if (branching > 1) {
      const Recipe shared = TrunkRecipe(recipe(group.front()));
      StudyRun run = Make(shared, -1, "trunk-" + std::to_string(number + 1), "shared 16-bit part");
      run.last_step = 0;
      trunk = Add(run);
    }
    for (const int condition : group) {
      if (never != group.end() && condition == *never) continue;
      StudyRun run = ConditionRun(condition, recipe(condition));
      if (branches(condition) && trunk >= 0) {
        StudyRun& from = plan_[static_cast<size_t>(trunk)];
        run.trunk = trunk;
        run.branch_step = BranchStep(recipe(condition));
        from.keep_steps.insert(run.branch_step);
        if (from.condition < 0) from.last_step = std::max(from.last_step, run.branch_step);
      }
      Add(std::move(run));
    }
  }

  StudyRun ConditionRun(int condition, const Recipe& recipe) const {
    const auto i = static_cast<size_t>(condition);
    return Make(recipe, condition, slugs_[i], study_.conditions[i].name);
  }

  int Add(StudyRun run) {
    plan_.push_back(std::move(run));
    return static_cast<int>(plan_.size()) - 1;
  }

  const Study& study_;
  std::vector<std::string> slugs_;
  std::vector<StudyRun> plan_;
};

}  // namespace

Recipe TrunkRecipe(const Recipe& recipe) {
  Recipe trunk = recipe;
  const Recipe::Quantise defaults;
  trunk.quantise.transition.value = 1.0;
  trunk.quantise.strength = defaults.strength;
  trunk.quantise.phase_steps = defaults.phase_steps;
  trunk.quantise.optimiser = defaults.optimiser;
  trunk.quantise.rewarm_steps = defaults.rewarm_steps;
  trunk.quantise.rounding = defaults.rounding;
  // A second stage that comes no sooner than the transition is none of the trunk's.
  if (recipe.second_stage_step() >= recipe.transition_step()) {
    trunk.train.second_stage.reset();
    trunk.train.second_learning_rate.reset();
    trunk.train.second_weight_decay.reset();
  }
  return trunk;
}

std::vector<StudyRun> PlanStudy(const Study& study) { return Planner(study).Plan(); }

}  // namespace tritwise
