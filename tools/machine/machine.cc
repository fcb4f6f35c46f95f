#include "tools/machine/machine.h"

#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace tritwise {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// The text behind the colon of the first line of `path` that begins with `key`. Lines longer than the buffer (flags of
// a CPU) come in pieces, which begin with no key.
std::string Field(const char* path, const char* key) {
  const File file(std::fopen(path, "r"));
  if (!file) return {};
  char line[512];
  while (std::fgets(line, sizeof(line), file.get()) != nullptr) {
    const char* colon = std::strchr(line, ':');
    if (std::strncmp(line, key, std::strlen(key)) != 0 || colon == nullptr) continue;
    const char* begin = colon + 1 + std::strspn(colon + 1, " \t");
    return {begin, std::strcspn(begin, "\n")};
  }
  return {};
}

uint64_t KibibytesField(const char* path, const char* key) {
  return uint64_t{1024} * std::strtoull(Field(path, key).c_str(), nullptr, 10);
}

// What this build takes for granted of the CPU and the CPU lacks; null where nothing is missing. With nothing in it
// that a compiler would make vector instructions of.
const char* MissingInstructions() {
#if defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
  constexpr unsigned long kDotProduct = 1UL << 20;  // HWCAP_ASIMDDP
  if ((getauxval(AT_HWCAP) & kDotProduct) == 0) {
    return "tritwise: this build is for a CPU with dot products (Cortex-A76, A78); this one has none: take the "
           "build for rpi4\n";
  }
#elif defined(__x86_64__) && defined(__AVX512F__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512bw")) {
    return "tritwise: this build is for a CPU with AVX-512; this one has none: take the build for x86-64\n";
  }
#elif defined(__x86_64__) && defined(__AVX2__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2")) {
    return "tritwise: this build is for a CPU with AVX2; this one has none: take the build for x86-64\n";
  }
#elif defined(__riscv_vector)
  constexpr unsigned long kVectors = 1UL << ('V' - 'A');  // the letters of its extensions, as Linux has them
  if ((getauxval(AT_HWCAP) & kVectors) == 0) {
    return "tritwise: this build is for a CPU with vectors (RVV 1.0); this one has none: take the build for riscv64\n";
  }
#endif
  return nullptr;
}

// A build for a board is made for its CPU, and would end in an illegal instruction on an older one. Constructors are
// made for it too, so this one comes before them.
[[gnu::constructor(101)]] void RefuseOtherCpus() {
  const char* missing = MissingInstructions();
  if (missing == nullptr) return;
  const auto written = write(STDERR_FILENO, missing, std::strlen(missing));
  (void)written;
  _exit(1);
}

}  // namespace

std::string CpuModel() {
  for (const char* key : {"model name", "Model", "Hardware", "uarch"}) {
    const std::string name = Field("/proc/cpuinfo", key);
    if (!name.empty()) return name;
  }
  return "unknown";
}

uint64_t MemoryBytes() { return KibibytesField("/proc/meminfo", "MemTotal"); }

bool ResetPeakResidentBytes() {
  File file(std::fopen("/proc/self/clear_refs", "w"));
  return file && std::fputs("5", file.get()) >= 0 && std::fflush(file.get()) == 0;
}

uint64_t PeakResidentBytes() { return KibibytesField("/proc/self/status", "VmHWM"); }
uint64_t ResidentBytes() { return KibibytesField("/proc/self/status", "VmRSS"); }
uint64_t OwnResidentBytes() { return KibibytesField("/proc/self/status", "RssAnon"); }
uint64_t PageTableBytes() { return KibibytesField("/proc/self/status", "VmPTE"); }

void AllowManyFiles() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace tritwise
