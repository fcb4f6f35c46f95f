// A study: one recipe under several conditions and seeds, as read from TOML.
//
// The file is a recipe with three things more: [study] (name, seeds), any number of [[condition]], each a name
// and the values that it changes, and [[figure]] for the report. A condition whose quantise.transition is a
// list stands for one condition an entry ("kept" becomes "kept, 20 %").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainer/recipe/recipe.h"

namespace tritwise {

struct StudyCondition {
  std::string name;   // unique
  std::string group;  // as the file names it, before a list was taken apart
  Recipe recipe;      // with the first seed
};

enum class FigureKind : uint8_t {
  kCurves,  // training loss of every condition over the steps
  kSweep,   // last validation loss over the transition's place, one line a group
};

template <>
struct EnumNames<FigureKind> {
  static constexpr std::array<std::string_view, 2> kNames = {"curves", "sweep"};
};

struct StudyFigure {
  std::string title;
  FigureKind kind = FigureKind::kCurves;
  std::vector<std::string> conditions;  // names of groups or of single conditions
};

struct Study {
  std::string name;
  std::vector<int64_t> seeds;
  std::vector<StudyCondition> conditions;
  std::vector<StudyFigure> figures;
};

// `overrides` as of ReadRecipe, below what a condition says. Throw Error with one line.
Study ReadStudy(const std::string& path, const std::vector<std::string>& overrides);
Study ParseStudy(const std::string& toml, const std::string& where, const std::vector<std::string>& overrides);

}  // namespace tritwise
