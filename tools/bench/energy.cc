#include "tools/bench/energy.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

namespace tritwise {
namespace {

std::optional<uint64_t> ReadCounter(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return std::nullopt;
  char line[32] = {};
  const bool read = std::fgets(line, sizeof(line), file) != nullptr;
  std::fclose(file);
  char* end = line;
  const uint64_t value = std::strtoull(line, &end, 10);
  if (!read || end == line) return std::nullopt;
  return value;
}

// "intel-rapl:0" and not "intel-rapl:0:1", which is a part of it.
bool IsPackage(const std::string& name) {
  return name.rfind("intel-rapl:", 0) == 0 && std::count(name.begin(), name.end(), ':') == 1;
}

}  // namespace

EnergyMeter::EnergyMeter(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!IsPackage(entry.path().filename().string())) continue;
    const std::string path = entry.path().string();
    errno = 0;
    if (!ReadCounter(path + "/energy_uj")) {
      why_not_ = path + "/energy_uj: " + (errno == 0 ? "no number" : std::strerror(errno));
      packages_.clear();
      return;
    }
    packages_.push_back({path, ReadCounter(path + "/max_energy_range_uj").value_or(0), 0});
  }
  if (packages_.empty()) why_not_ = "this machine has no counters of energy (" + folder + "/intel-rapl:*)";
  Start();
}

void EnergyMeter::Start() {
  for (Package& package : packages_) package.begin = ReadCounter(package.folder + "/energy_uj").value_or(0);
}

double EnergyMeter::Joules() const {
  uint64_t microjoules = 0;
  for (const Package& package : packages_) {
    const uint64_t now = ReadCounter(package.folder + "/energy_uj").value_or(package.begin);
    microjoules += now >= package.begin ? now - package.begin : now + package.range - package.begin;
  }
  return static_cast<double>(microjoules) * 1e-6;
}

}  // namespace tritwise
