// One section of a TOML file into a struct whose Visit names its fields: for recipes, and for whatever else
// describes a network (tools/random/).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "format/families/families.h"
#include "format/names.h"
#include "trainer/error.h"
#include "trainer/recipe/step_or_fraction.h"
#include "trainer/recipe/toml.h"

namespace tritwise {

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

// The section of a network: its family, and the fields of that family.
inline void ReadFamily(SectionReader& reader, FamilyConfig& network) {
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

}  // namespace tritwise
