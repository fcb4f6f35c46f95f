// The names of enum values as recipes, reports and `inspect` write them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "format/numeric.h"

namespace tritwise {

// Names in the order of the enum's values, which count from 0.
template <class Enum>
struct EnumNames;

template <>
struct EnumNames<Storage> {
  static constexpr std::array<std::string_view, 8> kNames = {"f32", "f16", "int8", "t2", "t5", "int6", "int4", "lut"};
};
template <>
struct EnumNames<NormKind> {
  static constexpr std::array<std::string_view, 3> kNames = {"none", "layer", "rms"};
};
template <>
struct EnumNames<ActivationMeasure> {
  static constexpr std::array<std::string_view, 3> kNames = {"absmax", "absmean", "absmedian"};
};
template <>
struct EnumNames<ActivationKind> {
  static constexpr std::array<std::string_view, 3> kNames = {"relu", "relu_squared", "silu"};
};
template <>
struct EnumNames<ScaleKind> {
  static constexpr std::array<std::string_view, 4> kNames = {"none", "tensor", "row", "group"};
};

template <class Enum>
constexpr std::string_view NameOf(Enum value) {
  const auto index = static_cast<size_t>(value);
  return index < EnumNames<Enum>::kNames.size() ? EnumNames<Enum>::kNames[index] : std::string_view("?");
}

template <class Enum>
constexpr std::optional<Enum> FromName(std::string_view name) {
  for (size_t i = 0; i < EnumNames<Enum>::kNames.size(); ++i) {
    if (EnumNames<Enum>::kNames[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

// "none | layer | rms", for error messages and help.
template <class Enum>
std::string NamesOf() {
  std::string all;
  for (const std::string_view name : EnumNames<Enum>::kNames) {
    if (!all.empty()) all += " | ";
    all += name;
  }
  return all;
}

}  // namespace tritwise
