// tritwise report: draws a run's curves again as report.html, also while the run is under way.
#include "tools/report/report.h"

#include <cstdio>
#include <memory>
#include <string>

#include "tools/commands.h"

namespace tritwise {

void AddReport(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("report", "Writes a run's report.html: curves, summary, recipe");
  command->add_option("RUN_FOLDER", *folder, "Folder of a run, with its metrics.jsonl")->required();
  command->footer("Example:\n  tritwise report build/demo");
  command->callback([folder] {
    WriteReport(*folder);
    std::printf("%s\n", (std::filesystem::path(*folder) / "report.html").c_str());
  });
}

}  // namespace tritwise
