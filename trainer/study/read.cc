// TOML to Study.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <sstream>

#include "trainer/error.h"
#include "trainer/recipe/apply.h"
#include "trainer/study/study.h"

namespace tritwise {
namespace {

class StudyReader {
 public:
  StudyReader(const toml::table& root, std::string where, const std::vector<std::string>& overrides)
      : root_(root), where_(std::move(where)), overrides_(overrides) {}

  Study Read() {
    ReadHead();
    toml::table base = root_;
    for (const char* own : {"study", "condition", "figure"}) base.erase(own);
    ApplySections(base, where_, base_);
    for (const std::string& text : overrides_) ApplyOverride(text, base_);
    for (const toml::table* table : Tables("condition")) ReadCondition(*table);
    if (study_.conditions.empty()) throw Error(where_ + ": a study needs at least one [[condition]]");
    for (const toml::table* table : Tables("figure")) ReadFigure(*table);
    return std::move(study_);
  }

 private:
  [[noreturn]] void Wrong(const toml::node& node, const std::string& what) const {
    throw Error(TomlPlace(where_, node.source()) + ": " + what);
  }

  std::vector<const toml::table*> Tables(const char* key) const {
    std::vector<const toml::table*> tables;
    const toml::node* node = root_.get(key);
    if (node == nullptr) return tables;
    if (!node->is_array()) Wrong(*node, std::string(key) + " must be written as [[" + key + "]]");
    for (const toml::node& element : *node->as_array()) {
      if (!element.is_table()) Wrong(element, std::string(key) + " must be written as [[" + key + "]]");
      tables.push_back(element.as_table());
    }
    return tables;
  }

  std::string Text(const toml::table& table, const char* section, const char* key) const {
    const toml::node* node = table.get(key);
    if (node == nullptr || !node->is_string() || node->as_string()->get().empty()) {
      Wrong(node != nullptr ? *node : table, std::string(section) + "." + key + " must be a text");
    }
    return node->as_string()->get();
  }

  std::vector<std::string> Texts(const toml::table& table, const char* key) const {
    std::vector<std::string> texts;
    const toml::node* node = table.get(key);
    if (node == nullptr || !node->is_array()) Wrong(table, std::string("figure.") + key + " must be a list of texts");
    for (const toml::node& element : *node->as_array()) {
      if (!element.is_string()) Wrong(element, std::string("figure.") + key + " must be a list of texts");
      texts.push_back(element.as_string()->get());
    }
    return texts;
  }

  void RefuseOthers(const toml::table& table, const char* section, const std::set<std::string_view>& known) const {
    for (const auto& [key, node] : table) {
      if (!known.contains(key.str())) Wrong(node, std::string("unknown key ") + section + "." + std::string(key.str()));
    }
  }

  void ReadHead() {
    study_.name = std::filesystem::path(where_).stem().string();
    study_.seeds = {1};
    const toml::node* node = root_.get("study");
    if (node == nullptr) return;
    if (!node->is_table()) Wrong(*node, "study must be a section");
    const toml::table& head = *node->as_table();
    RefuseOthers(head, "study", {"name", "seeds"});
    if (head.contains("name")) study_.name = Text(head, "study", "name");
    if (const toml::node* seeds = head.get("seeds")) {
      if (!seeds->is_array() || seeds->as_array()->empty()) Wrong(*seeds, "study.seeds must be a list of integers");
      study_.seeds.clear();
      for (const toml::node& seed : *seeds->as_array()) {
        if (!seed.is_integer()) Wrong(seed, "study.seeds must be a list of integers");
        study_.seeds.push_back(seed.as_integer()->get());
      }
    }
  }

  void ReadCondition(const toml::table& table) {
    const std::string name = Text(table, "condition", "name");
    toml::table changes = table;
    changes.erase("name");
    toml::table* quantise = changes["quantise"].as_table();
    const toml::node* transition = quantise != nullptr ? quantise->get("transition") : nullptr;
    if (transition == nullptr || !transition->is_array()) return AddCondition(table, name, name, changes);
    const toml::array places = *transition->as_array();
    for (const toml::node& place : places) {
      quantise->insert_or_assign("transition", place);
      AddCondition(table, name + ", " + PlaceText(place), name, changes);
    }
  }

  static std::string PlaceText(const toml::node& place) {
    if (const auto* step = place.as_integer()) return "step " + std::to_string(step->get());
    const double percent = std::round(place.value_or(0.0) * 1000.0) / 10.0;
    std::ostringstream text;
    text << percent << " %";
    return text.str();
  }

  void AddCondition(const toml::table& source, const std::string& name, const std::string& group,
                    const toml::table& changes) {
    for (const StudyCondition& other : study_.conditions) {
      if (other.name == name) Wrong(source, "there are two conditions \"" + name + "\"");
    }
    StudyCondition condition{name, group, base_};
    ApplySections(changes, where_, condition.recipe);
    condition.recipe.train.seed = study_.seeds.front();
    CheckRecipe(condition.recipe, where_ + ": condition \"" + name + "\"");
    study_.conditions.push_back(std::move(condition));
  }

  void ReadFigure(const toml::table& table) {
    RefuseOthers(table, "figure", {"title", "kind", "conditions"});
    StudyFigure figure;
    figure.title = Text(table, "figure", "title");
    if (table.contains("kind")) {
      const auto kind = FromName<FigureKind>(Text(table, "figure", "kind"));
      if (!kind.has_value()) Wrong(table, "figure.kind must be one of: " + NamesOf<FigureKind>());
      figure.kind = *kind;
    }
    figure.conditions = Texts(table, "conditions");
    for (const std::string& name : figure.conditions) {
      const bool known = std::any_of(study_.conditions.begin(), study_.conditions.end(),
                                     [&](const StudyCondition& c) { return c.name == name || c.group == name; });
      if (!known) Wrong(table, "figure \"" + figure.title + "\" shows a condition that there is not: " + name);
    }
    study_.figures.push_back(std::move(figure));
  }

  const toml::table& root_;
  std::string where_;
  const std::vector<std::string>& overrides_;
  Recipe base_;
  Study study_;
};

}  // namespace

Study ParseStudy(const std::string& text, const std::string& where, const std::vector<std::string>& overrides) {
  const toml::table root = ParseToml(text, where);
  return StudyReader(root, where, overrides).Read();
}

Study ReadStudy(const std::string& path, const std::vector<std::string>& overrides) {
  return ParseStudy(ReadTomlText(path, "study"), path, overrides);
}

}  // namespace tritwise
