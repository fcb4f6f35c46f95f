// TOML to Recipe: known keys only, of the right type.
#include <set>

#include "trainer/error.h"
#include "trainer/recipe/apply.h"
#include "trainer/recipe/section_reader.h"

namespace tritwise {
namespace {

void ReadSection(SectionReader& reader, FamilyConfig& network) { ReadFamily(reader, network); }

template <class Section>
void ReadSection(SectionReader& reader, Section& section) {
  Section::Visit(section, reader);
}

}  // namespace

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

Recipe ReadRecipe(const std::string& path, const std::vector<std::string>& overrides) {
  return ParseRecipe(ReadTomlText(path, "recipe"), path, overrides);
}

}  // namespace tritwise
