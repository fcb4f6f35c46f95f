// tritwise report: draws a run's curves again as report.html, or a study's as study.html; also while it is under way.
#include "tools/report/report.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tools/commands.h"
#include "tools/report/study_record.h"
#include "tools/report/study_report.h"

namespace tritwise {
namespace {

void ReportOn(const std::filesystem::path& folder) {
  const bool study = IsStudyFolder(folder);
  study ? WriteStudyReport(folder) : WriteReport(folder);
  std::printf("%s\n", (folder / (study ? "study.html" : "report.html")).c_str());
}

}  // namespace

void AddReport(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("report", "Writes the report of a run (report.html) or a study (study.html)");
  command->add_option("FOLDER", *folder, "Folder of a run (metrics.jsonl) or of a study (study.json)")->required();
  command->footer("Example:\n  tritwise report build/demo");
  command->callback([folder] { ReportOn(*folder); });
}

}  // namespace tritwise
