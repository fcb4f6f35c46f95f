// TOML to Recipe: known keys only, of the right type.
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include "trainer/error.h"
#include "trainer/recipe/apply.h"

namespace tritwise {
namespace {

// Reads the fields of one section and refuses keys that are not fields.
class SectionReader {
 public:
  SectionReader(const toml::table& table, std::string section, std::string where)
      : table_(table), section_(std::move(section)), where_(std::move(where)) {}

  template <class T>
  void operator()(const char* key, T& value) {
    known_.insert(key);
    if (const toml::node* node = table_.get(key)) Read(key, *node, value);
  }

  void RefuseOthers() const {
    for (const auto& [key, node] : table_) {
      if (known_.contains(std::string(key.str()))) continue;
      std::string all;
      for (const std::string& name : known_) all += (all.empty() ? "" : ", ") + name;
      throw Error(TomlPlace(where_, node.source()) + ": unknown key " + section_ + "." + std::string(key.str()) +
                  " (known: " + all + ")");
    }
  }

 private:
  [[noreturn]] void Wrong(const char* key, const toml::node& node, const std::string& wanted) const {
    throw Error(TomlPlace(where_, node.source()) + ": " + section_ + "." + key + " must be " + wanted);
  }

  void Read(const char* key, const toml::node& node, int64_t& value) const {
    const auto* integer = node.as_integer();
    if (integer == nullptr) Wrong(key, node, "an integer");
    value = integer->get();
  }
  void Read(const char* key, const toml::node& node, double& value) const {
    if (!node.is_number()) Wrong(key, node, "a number");
    value = *node.value<double>();
  }
  void Read(const char* key, const toml::node& node, float& value) const {
    double wide = 0.0;
    Read(key, node, wide);
    value = static_cast<float>(wide);
  }
  void Read(const char* key, const toml::node& node, bool& value) const {
    const auto* boolean = node.as_boolean();
    if (boolean == nullptr) Wrong(key, node, "true or false");
    value = boolean->get();
  }
  void Read(const char* key, const toml::node& node, std::string& value) const {
    const auto* text = node.as_string();
    if (text == nullptr) Wrong(key, node, "a text");
    value = text->get();
  }
  void Read(const char* key, const toml::node& node, std::vector<int64_t>& value) const {
    const auto* array = node.as_array();
    if (array == nullptr) Wrong(key, node, "a list of integers");
    value.clear();
    for (const toml::node& element : *array) Read(key, element, value.emplace_back());
  }
  void Read(const char* key, const toml::node& node, std::vector<std::string>& value) const {
    const auto* array = node.as_array();
    if (array == nullptr) Wrong(key, node, "a list of texts");
    value.clear();
    for (const toml::node& element : *array) Read(key, element, value.emplace_back());
  }
  template <class T>
  void Read(const char* key, const toml::node& node, std::optional<T>& value) const {
    Read(key, node, value.emplace());
  }
  void Read(const char* key, const toml::node& node, StepOrFraction& value) const {
    if (const auto* integer = node.as_integer()) {
      value.value = integer->get();
    } else if (const auto* fraction = node.as_floating_point()) {
      value.value = fraction->get();
    } else {
      Wrong(key, node, "a step number or a fraction from 0.0 to 1.0");
    }
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void Read(const char* key, const toml::node& node, Enum& value) const {
    const auto named = FromName<Enum>(node.value_or(std::string_view()));
    if (!named.has_value()) Wrong(key, node, "one of: " + NamesOf<Enum>());
    value = *named;
  }

  const toml::table& table_;
  std::string section_;
  std::string where_;
  std::set<std::string> known_;
};

void ReadSection(SectionReader& reader, FamilyConfig& network) {
  std::string family(FamilyName(network));
  reader("family", family);
  // Fields given before keep their value only where the family stays the same.
  if (family != FamilyName(network)) network = DefaultFamilyConfig(family);
  if (std::holds_alternative<std::monostate>(network)) {
    throw Error("network.family is \"" + family + "\"; it can be " + FamilyNames());
  }
  std::visit(
      [&](auto& config) {
        using Config = std::decay_t<decltype(config)>;
        if constexpr (!std::is_same_v<Config, std::monostate>) Config::Visit(config, reader);
      },
      network);
}

template <class Section>
void ReadSection(SectionReader& reader, Section& section) {
  Section::Visit(section, reader);
}

}  // namespace

std::string TomlPlace(const std::string& where, const toml::source_region& source) {
  if (source.begin.line == 0) return where;
  std::string place = where;
  place += ':';
  place += std::to_string(source.begin.line);
  return place;
}

toml::table ParseToml(const std::string& text, const std::string& where) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(TomlPlace(where, error.source()) + ": not valid TOML: " + std::string(error.description()));
  }
}

void ApplySections(const toml::table& root, const std::string& where, Recipe& recipe) {
  std::set<std::string> sections;
  Recipe::Visit(recipe, [&](const char* name, auto& section) {
    sections.insert(name);
    const toml::node* node = root.get(name);
    if (node == nullptr) return;
    if (!node->is_table()) throw Error(TomlPlace(where, node->source()) + ": " + name + " must be a section");
    SectionReader reader(*node->as_table(), name, where);
    ReadSection(reader, section);
    reader.RefuseOthers();
  });
  for (const auto& [key, node] : root) {
    if (sections.contains(std::string(key.str()))) continue;
    throw Error(TomlPlace(where, node.source()) + ": unknown key " + std::string(key.str()) +
                " (sections: data, network, train, quantise, export)");
  }
}

void ApplyOverride(const std::string& text, Recipe& recipe) {
  const std::string where = "--set " + text;
  const size_t equals = text.find('=');
  const size_t dot = text.find('.');
  if (equals == std::string::npos || dot == std::string::npos || dot > equals || equals + 1 > text.size()) {
    throw Error(where + ": must be section.key=value");
  }
  const std::string section = text.substr(0, dot);
  const std::string key = text.substr(dot + 1, equals - dot - 1);
  const std::string value = text.substr(equals + 1);
  toml::table fields;
  try {
    const toml::table parsed = toml::parse("value = " + value);
    fields.insert(key, *parsed.get("value"));
  } catch (const toml::parse_error&) {
    fields.insert(key, value);  // bare text
  }
  toml::table root;
  root.insert(section, std::move(fields));
  ApplySections(root, where, recipe);
}

Recipe ParseRecipe(const std::string& text, const std::string& where, const std::vector<std::string>& overrides) {
  Recipe recipe;
  ApplySections(ParseToml(text, where), where, recipe);
  for (const std::string& override_text : overrides) ApplyOverride(override_text, recipe);
  CheckRecipe(recipe, where);
  return recipe;
}

std::string ReadTomlText(const std::string& path, const char* what) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) throw Error(path + ": cannot read the " + what);
  return text.str();
}

Recipe ReadRecipe(const std::string& path, const std::vector<std::string>& overrides) {
  return ParseRecipe(ReadTomlText(path, "recipe"), path, overrides);
}

}  // namespace tritwise
