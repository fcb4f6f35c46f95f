// `tritwise study`: trains a recipe under several conditions and seeds, and compares them.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "tools/commands.h"
#include "tools/report/study_report.h"
#include "trainer/study/run_study.h"

namespace tritwise {
namespace {

using std::filesystem::path;

struct Arguments {
  std::string study;
  std::string out;
  std::vector<std::string> overrides;
  int threads = 0;
};

std::atomic<bool> g_stop = false;

// The second Ctrl-C ends the program at once.
void Stop(int signal) {
  g_stop = true;
  std::signal(signal, SIG_DFL);
}

void RunIt(const Arguments& a) {
  StudyOptions options;
  options.study = ReadStudy(a.study, a.overrides);
  options.folder = a.out.empty() ? path("studies") / options.study.name : path(a.out);
  options.threads = a.threads != 0 ? a.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  options.stop = &g_stop;
  options.say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  options.report = [&options] { WriteStudyReport(options.folder); };
  std::signal(SIGINT, Stop);
  std::signal(SIGTERM, Stop);
  if (!RunStudy(options)) {
    std::fprintf(stderr, "stopped and saved; go on with the same command\n");
    throw Interrupted();
  }
  std::printf("%s/study.html\n", options.folder.c_str());
}

}  // namespace

void AddStudy(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("study", "Train a recipe under several conditions and compare them");
  command->add_option("study", a->study, "Study (TOML): a recipe, its conditions, seeds and figures")->required();
  command->add_option("--set", a->overrides, "Change one value of the recipe: --set train.steps=500")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--out", a->out, "Folder for the study (default: studies/NAME); what is done there is skipped");
  command->add_option("--threads", a->threads, "Worker threads (default: one a core)")->check(CLI::Range(1, 1024));
  command->footer("Example:\n  tritwise study recipes/studies/paper-tiny.toml --out build/paper-tiny");
  command->callback([a] { RunIt(*a); });
}

}  // namespace tritwise
