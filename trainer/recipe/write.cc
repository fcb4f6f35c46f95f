// Recipe to TOML, and the comparison of two recipes through it.
#include <set>
#include <sstream>
#include <toml++/toml.h>

#include "trainer/recipe/recipe.h"

namespace tritwise {
namespace {

toml::table FieldsOf(const FamilyConfig& network);

// Collects the fields of one section.
class SectionWriter {
 public:
  explicit SectionWriter(toml::table& table) : table_(table) {}

  template <class T>
  void operator()(const char* key, const T& value) {
    if constexpr (std::is_same_v<T, StepOrFraction>) {
      std::visit([&](auto v) { table_.insert(key, v); }, value.value);
    } else if constexpr (std::is_enum_v<T>) {
      table_.insert(key, NameOf(value));
    } else if constexpr (std::is_same_v<T, std::optional<StepOrFraction>> || std::is_same_v<T, std::optional<double>>) {
      if (value.has_value()) (*this)(key, *value);
    } else if constexpr (std::is_same_v<T, std::vector<int64_t>> || std::is_same_v<T, std::vector<std::string>>) {
      toml::array array;
      for (const auto& element : value) array.push_back(element);
      table_.insert(key, std::move(array));
    } else if constexpr (std::is_same_v<T, float>) {
      // As short as it was written: 1e-5, not the double next to the float.
      std::ostringstream shortest;
      shortest << value;
      table_.insert(key, std::stod(shortest.str()));
    } else {
      table_.insert(key, value);
    }
  }

 private:
  toml::table& table_;
};

template <class Section>
toml::table FieldsOf(const Section& section) {
  toml::table table;
  Section::Visit(section, SectionWriter(table));
  return table;
}

toml::table FieldsOf(const FamilyConfig& network) {
  toml::table table;
  table.insert("family", FamilyName(network));
  std::visit(
      [&](const auto& config) {
        using Config = std::decay_t<decltype(config)>;
        if constexpr (!std::is_same_v<Config, std::monostate>) Config::Visit(config, SectionWriter(table));
      },
      network);
  return table;
}

toml::table ToToml(const Recipe& recipe) {
  toml::table root;
  Recipe::Visit(recipe, [&](const char* name, const auto& section) { root.insert(name, FieldsOf(section)); });
  return root;
}

std::string Text(const toml::node* node) {
  if (node == nullptr) return "nothing";
  std::ostringstream out;
  node->visit([&](const auto& value) { out << value; });
  return out.str();
}

}  // namespace

std::string WriteRecipe(const Recipe& recipe) {
  std::ostringstream out;
  out << ToToml(recipe) << "\n";
  return out.str();
}

std::string FirstDifference(const Recipe& run, const Recipe& recipe) {
  const toml::table before = ToToml(run);
  const toml::table after = ToToml(recipe);
  for (const auto& [section, fields] : after) {
    const toml::table& now = *fields.as_table();
    const toml::table& then = *before.at(section.str()).as_table();
    std::set<std::string> keys;  // some are written only where they are set
    for (const toml::table* table : {&now, &then}) {
      for (const auto& [key, node] : *table) keys.insert(std::string(key.str()));
    }
    for (const std::string& key : keys) {
      const std::string here = Text(now.get(key));
      const std::string there = Text(then.get(key));
      if (here != there) {
        return std::string(section.str()) + "." + key + ": " + there + " in the run, " + here + " in the recipe";
      }
    }
  }
  return "";
}

}  // namespace tritwise
