// What a study found, in a few plain sentences made from its numbers.
//
// Only seeds that all compared conditions have are compared, and no more is claimed than the spread over
// them allows.
#pragma once

#include <string>
#include <vector>

#include "tools/report/study_summary.h"

namespace tritwise {

// Plain text, not escaped: how far the study is, then a paragraph for each learning-rate schedule.
std::vector<std::string> AnswerParagraphs(const StudyRecord& study, const StudySummary& summary);

}  // namespace tritwise
