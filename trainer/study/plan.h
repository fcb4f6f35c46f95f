// Which runs a study needs, and which of them begin as another one's checkpoint.
//
// Conditions that differ after their transition only share everything before it. That 16-bit prefix, the
// trunk, is trained once for each seed and the conditions branch off from checkpoints that it keeps. A
// trunk is a condition itself where one never changes over; otherwise a run that ends at the last branch.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "trainer/study/study.h"

namespace tritwise {

struct StudyRun {
  std::string folder;  // name, below the study's runs/
  std::string title;   // "kept, 20 %, seed 1"
  Recipe recipe;
  int64_t seed = 0;
  int condition = -1;            // index into Study::conditions; -1: only a trunk
  int trunk = -1;                // index into the plan, an earlier one; -1: trains from the start
  int64_t branch_step = 0;       // where it leaves its trunk
  std::set<int64_t> keep_steps;  // where others leave it
  int64_t last_step = 0;         // where it ends

  // Steps that it trains itself.
  int64_t own_steps() const { return last_step - branch_step; }
};

// In the order in which they are to be trained.
std::vector<StudyRun> PlanStudy(const Study& study);

// The recipe of what `recipe` does before its transition, as a run that never changes over.
Recipe TrunkRecipe(const Recipe& recipe);

}  // namespace tritwise
