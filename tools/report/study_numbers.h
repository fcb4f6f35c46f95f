// summary.json of a study: the numbers of its table and of its sweeps, for programs.
#pragma once

#include <string>

#include "tools/report/study_summary.h"

namespace tritwise {

// What is not known is null.
std::string StudyNumbers(const StudyRecord& study, const StudySummary& summary);

}  // namespace tritwise
