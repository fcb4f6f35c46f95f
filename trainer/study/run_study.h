// Trains what a study asks for, in order, and skips what is done: stop it at any point and start it again.
//
// The study's folder holds study.json (what there is, for the report and for programs), runs/NAME-seedN, each
// a run folder like any other, and the report. Written again after every run.
#pragma once

#include <filesystem>
#include <functional>

#include "trainer/run.h"
#include "trainer/study/plan.h"

namespace tritwise {

struct StudyOptions {
  Study study;
  std::filesystem::path folder;
  std::function<void(RunOptions& run)> prepare;      // called before each run: threads, ranks, how to stop it
  std::function<void(const std::string& line)> say;  // what is begun and what it skips
  std::function<void()> report;                      // called after each run that ended
};

// False: stopped before the end. Throws Error; a run whose folder has been made by another recipe is not touched.
bool RunStudy(const StudyOptions& options);

// True where the run in this folder came to the end of its recipe.
bool IsRunFinished(const std::filesystem::path& folder);

}  // namespace tritwise
