// The report of a run for people: one HTML page with the curves, which needs no network and no other file.
//
// Drawn by Chart.js, which the build makes part of the program; what is drawn is thinned out, so that a long
// run's page stays small. The summary and the recipe are plain HTML and need no script. Not a record: numbers
// to compute with are in metrics.jsonl.
#pragma once

#include <filesystem>

namespace tritwise {

// Reads metrics.jsonl and, where there is one, recipe.toml of the folder and writes its report.html, whole
// or not at all; also while the run is under way. Throws Error: no such folder, no metrics, none of a step.
void WriteReport(const std::filesystem::path& run_folder);

}  // namespace tritwise
