// `tritwise study`: trains a recipe under several conditions and seeds, and compares them.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/ranks.h"
#include "tools/report/study_report.h"
#include "trainer/study/run_study.h"

namespace tritwise {
namespace {

using std::filesystem::path;

struct StudyArguments {
  std::string study;
  std::string out;
  std::vector<std::string> overrides;
  int threads = 0;
};

void RunIt(const StudyArguments& a, const RankSession& session) {
  StudyOptions options;
  options.study = ReadStudy(a.study, a.overrides);
  options.folder = a.out.empty() ? path("studies") / options.study.name : path(a.out);
  options.prepare = [&session](RunOptions& run) { session.Fill(run); };
  options.say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  options.report = [&options] { WriteStudyReport(options.folder); };
  if (!RunStudy(options)) {
    std::fprintf(stderr, "stopped and saved; go on with the same command\n");
    throw Interrupted();
  }
  std::printf("%s/study.html\n", options.folder.c_str());
}

}  // namespace

void AddStudy(CLI::App& app) {
  auto a = std::make_shared<StudyArguments>();
  CLI::App* command = app.add_subcommand("study", "Train a recipe under several conditions and compare them");
  command->add_option("study", a->study, "Study (TOML): a recipe, its conditions, seeds and figures")->required();
  command->add_option("--set", a->overrides, "Change one value of the recipe: --set train.steps=500")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--out", a->out, "Folder for the study (default: studies/NAME); what is done there is skipped");
  command->add_option("--threads", a->threads, "Worker threads (default: one a core)")->check(CLI::Range(1, 1024));
  command->footer("Example:\n  tritwise study recipes/studies/paper-tiny.toml --out build/paper-tiny");
  command->callback([a] { WithRanks(a->threads, [a](const RankSession& session) { RunIt(*a, session); }); });
}

}  // namespace tritwise
