// The report of a study for people: study.html, one page that needs no network and no other file; the same
// table as study.md for documents and as summary.json for programs.
//
// Also while the study is under way: what is missing is said to be. The charts are Chart.js' as in the report
// of a run (report.h); the answer and the table are plain HTML and need no script.
#pragma once

#include <filesystem>

namespace tritwise {

// Reads study.json and the runs that it names, and writes the three files, each whole or not at all. Throws
// Error: no such folder, no study.json, or one that is something else; metrics that are no metrics.
void WriteStudyReport(const std::filesystem::path& study_folder);

}  // namespace tritwise
