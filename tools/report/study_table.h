// The table of a study, one row a condition: for the page and for Markdown.
#pragma once

#include <string>

#include "tools/report/study_summary.h"

namespace tritwise {

// "3 of 3", "1 of 3, step 899 of 2,000 of the next"
std::string SeedsText(const StudyConditionRecord& condition, const ConditionSummary& summary);

// A <table> whose cells carry their number in data-value, for sorting.
std::string TableHtml(const StudyRecord& study, const StudySummary& summary);

// What the columns are, in plain text.
std::string TableLegend();

// The whole of study.md: name, answer, table, legend.
std::string StudyMarkdown(const StudyRecord& study, const StudySummary& summary);

}  // namespace tritwise
