// tritwise bench [MODEL]: the machine's limits, the kernels, the model, in this order, each section printed when it is
// done, or all of them as one JSON object.
#include <algorithm>
#include <cstdio>

#include "tools/bench/bench.h"
#include "tools/bench/kernel_speed.h"
#include "tools/bench/limits.h"
#include "tools/bench/model_speed.h"
#include "tools/bench/report.h"
#include "tools/machine/machine.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

// 1 to most; of many the powers of two.
std::vector<size_t> ThreadCounts(size_t most) {
  std::vector<size_t> counts;
  for (size_t count = 1; count < most; count += most <= 8 ? 1 : count) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

size_t BufferBytes(const BenchModelFlags& flags) {
  constexpr uint64_t kDefault = uint64_t{1} << 30;
  constexpr uint64_t kQuick = uint64_t{4} << 20;
  uint64_t bytes = static_cast<uint64_t>(flags.bandwidth_mib) << 20;
  if (bytes == 0) bytes = std::min(kDefault, MemoryBytes() == 0 ? kDefault : MemoryBytes() / 4);
  return static_cast<size_t>(flags.quick ? std::min(bytes, kQuick) : bytes);
}

// On the way to a result, for people only.
void Print(const BenchModelFlags& flags, const Tables& tables) {
  if (flags.json) return;
  PrintTables(tables);
  std::fflush(stdout);
}

}  // namespace

void BenchModel(const BenchModelFlags& flags) {
  if (flags.network) CheckModel(flags);
  const kernels::Kernels kernels = ValueOrThrow(kernels::ResolveKernels(flags.target));
  Limits limits(kernels, BufferBytes(flags), flags.quick);
  const int threads = flags.threads.back();
  const auto most = static_cast<size_t>(threads);
  Json object;
  object["machine"] = {{"cpu", CpuModel()}, {"target", kernels.target}, {"threads", threads}};
  if (!flags.json) std::printf("%s, %s, %d threads\n\n", CpuModel().c_str(), kernels.target, threads);

  if (flags.machine) {
    for (const size_t count : ThreadCounts(most)) {
      limits.BestRead(count);
      limits.Dot(count);
    }
    Print(flags, LimitTables(limits));
  }
  if (flags.kernels) {
    const std::vector<KernelSpeed> speeds = MeasureKernels(kernels, limits, flags.quick);
    object["kernels"] = KernelsJson(speeds, kernels.target);
    Print(flags, KernelTables(speeds));
  }
  if (flags.network) {
    const ModelSpeed speed = MeasureModel(flags, limits);
    AddModelJson(speed, object);
    if (!flags.json) std::puts("checked: single rows, prompts and sequences together give the same logits to the bit");
    Print(flags, ModelTables(speed));
  }
  AddLimitsJson(limits, most, object["machine"]);
  if (flags.json) PrintJson(object);
}

}  // namespace tritwise
