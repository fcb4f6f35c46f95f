#include "tools/launch/mpirun_command.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "tools/launch/signals.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

std::string FirstLineOf(const std::string& shell_command) {
  const auto close = [](FILE* file) { pclose(file); };
  const std::unique_ptr<FILE, decltype(close)> output(popen(shell_command.c_str(), "r"), close);
  std::array<char, 256> line = {};
  if (output == nullptr || std::fgets(line.data(), line.size(), output.get()) == nullptr) return "";
  return line.data();
}

std::string FindInPath(const std::string& name) {
  const char* all = std::getenv("PATH");
  std::istringstream folders(all == nullptr ? "" : all);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string path = folder + "/" + name;
    if (!folder.empty() && access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

}  // namespace

std::string ShellText(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789_-./=:,+@%") == std::string::npos;
    if (plain) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

std::string LaunchText(const LaunchPlan& plan) {
  std::vector<std::string> words = {"tritwise", "launch", "-n", std::to_string(plan.ranks)};
  if (!plan.hostfile.empty()) words.insert(words.end(), {"--hostfile", plan.hostfile});
  if (plan.threads_per_rank != 0) {
    words.insert(words.end(), {"--threads-per-rank", std::to_string(plan.threads_per_rank)});
  }
  words.push_back("--");
  return ShellText(words);
}

std::vector<std::string> MpirunCommand(const LaunchPlan& plan, const std::string& mpirun, const std::string& program,
                                       bool root) {
  std::vector<std::string> words = {mpirun};
  if (root) words.push_back("--allow-run-as-root");
  words.insert(words.end(), {"-n", std::to_string(plan.ranks)});
  if (plan.hostfile.empty()) {
    words.push_back("--oversubscribe");  // more ranks than cores are slow, not wrong
  } else {
    words.insert(words.end(), {"--hostfile", plan.hostfile});
  }
  // One core a rank, Open MPI's default, would leave its threads one core.
  words.insert(words.end(), {"--bind-to", "none", "--tag-output"});
  words.insert(words.end(), {"-x", std::string(kLaunchVariable) + "=" + LaunchText(plan)});
  words.push_back(program);
  words.insert(words.end(), plan.command.begin(), plan.command.end());
  if (plan.threads_per_rank != 0) {
    words.insert(words.end(), {"--threads", std::to_string(plan.threads_per_rank)});
  }
  return words;
}

std::string FindMpirun() {
  for (const char* name : {"mpirun", "mpiexec"}) {
    const std::string path = FindInPath(name);
    if (path.empty()) continue;
    const std::string version = FirstLineOf(ShellText({path, "--version"}) + " 2>&1");
    if (version.find("Open MPI") != std::string::npos || version.find("OpenRTE") != std::string::npos) return path;
    throw Error(path + ": is not Open MPI's; start the ranks with it yourself: " + name + " -n N tritwise train ...");
  }
  throw Error("there is no mpirun here; install Open MPI (on Debian: openmpi-bin)");
}

}  // namespace tritwise
