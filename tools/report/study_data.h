// What the charts of a study's page show, as the JSON object that study.js reads. Field by field in study_data.cc.
#pragma once

#include <string>

#include "tools/report/study_summary.h"

namespace tritwise {

// As of ScriptText.
std::string StudyData(const StudyRecord& study, const StudySummary& summary);

}  // namespace tritwise
