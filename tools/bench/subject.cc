#include "tools/bench/subject.h"

#include <cstring>
#include <string>

#include "tools/bench/measure.h"
#include "trainer/error_status.h"

namespace tritwise {

void CheckSameBits(std::span<const float> a, std::span<const float> b, const char* what) {
  if (a.size() != b.size() || std::memcmp(a.data(), b.data(), a.size_bytes()) != 0) {
    throw Error(std::string("parity check failed: ") + what + " differ; no speed of a wrong result is printed");
  }
}

OutputRows ForwardByOperation(runtime::Executor& executor, const Batch& batch, std::span<double> seconds) {
  ThrowIfError(executor.Begin(batch));
  double before = SecondsNow();
  for (size_t op = 0; op < seconds.size(); ++op) {
    executor.RunOps(op, op + 1);
    const double now = SecondsNow();
    seconds[op] += now - before;
    before = now;
  }
  return executor.End();
}

}  // namespace tritwise
