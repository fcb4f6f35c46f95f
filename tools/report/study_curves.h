// A condition's curves over the steps, each the mean over its seeds.
//
// Of the finished runs; while there is none, of those under way, as far as all of them got. A mean of runs of
// different lengths would jump where one ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/report/study_record.h"

namespace tritwise {

inline constexpr int64_t kNearBefore = 50;  // steps drawn before a transition
inline constexpr int64_t kNearAfter = 200;  // and from it on

// The runs that the curves are means of.
std::vector<const StudyRunRecord*> DrawnRuns(const StudyConditionRecord& condition);

// Training loss by step.
std::vector<double> MeanLoss(const StudyConditionRecord& condition);

// Training loss minus LossBefore, for kNearBefore steps before the transition and up to kNearAfter from it on.
// Empty where there is no transition or no run has come to it.
std::vector<double> LossNearTransition(const StudyConditionRecord& condition);

std::vector<ChangedCodes> MeanChangedCodes(const StudyConditionRecord& condition);

}  // namespace tritwise
