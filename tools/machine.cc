#include "tools/machine.h"

#include <sys/auxv.h>

#include <fstream>

namespace tritwise {
namespace {

// The text behind the colon of the first line of `path` that begins with `key`.
std::string Field(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(':');
    if (line.rfind(key, 0) != 0 || colon == std::string::npos) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

// A field in kB, in bytes; 0 where there is none.
uint64_t Kibibytes(const char* path, const std::string& key) {
  const std::string number = Field(path, key);
  return number.empty() ? 0 : std::stoull(number) * 1024;
}

}  // namespace

std::string CpuModel() {
  for (const char* key : {"model name", "Model", "Hardware", "uarch"}) {
    const std::string name = Field("/proc/cpuinfo", key);
    if (!name.empty()) return name;
  }
  return "unknown";
}

std::string MissingInstructions() {
#if defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
  constexpr unsigned long kDotProduct = 1UL << 20;  // HWCAP_ASIMDDP
  if ((getauxval(AT_HWCAP) & kDotProduct) == 0) {
    return "this build is for a CPU with dot products (Cortex-A76, A78); this one has none: take the build for rpi4";
  }
#elif defined(__x86_64__) && defined(__AVX512F__)
  if (!__builtin_cpu_supports("avx512bw")) {
    return "this build is for a CPU with AVX-512; this one has none: take the build for x86-64";
  }
#elif defined(__x86_64__) && defined(__AVX2__)
  if (!__builtin_cpu_supports("avx2")) {
    return "this build is for a CPU with AVX2; this one has none: take the build for x86-64";
  }
#endif
  return {};
}

uint64_t MemoryBytes() { return Kibibytes("/proc/meminfo", "MemTotal"); }
uint64_t AvailableMemoryBytes() { return Kibibytes("/proc/meminfo", "MemAvailable"); }

bool ResetPeakResidentBytes() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5";
  return static_cast<bool>(file.flush());
}

uint64_t PeakResidentBytes() { return Kibibytes("/proc/self/status", "VmHWM"); }
uint64_t ResidentBytes() { return Kibibytes("/proc/self/status", "VmRSS"); }
uint64_t OwnResidentBytes() { return Kibibytes("/proc/self/status", "RssAnon"); }

}  // namespace tritwise
