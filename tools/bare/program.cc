// Runs a flattened network on its samples and prints a line for each, which tests compare with the host's:
//
//   sample 0 class 9 sums 5f3a1c07 scores be99a1c2 3f801234 ...
//
// `sums` is the FNV-1a hash of all integer sums of ternary linears, little-endian; scores are the bits of the floats.
// Then how much of the stack was used. A real program calls Input() and Run() only.
#include <bit>
#include <cstddef>
#include <cstdint>

#include "network.h"
#include "runtime/bare/port.h"
#include "runtime/bare/start.h"
#include "tools/bare/samples.h"

namespace tritwise::bare {
namespace {

void PutText(const char* text) {
  for (; *text != 0; ++text) Put(*text);
}

void PutHex(uint32_t x) {
  for (int shift = 28; shift >= 0; shift -= 4) Put("0123456789abcdef"[x >> shift & 15]);
}

void PutNumber(uint32_t x) {
  if (x >= 10) PutNumber(x / 10);
  Put(static_cast<char>('0' + x % 10));
}

uint32_t hash;

void Hash(const int32_t* sums, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const auto bits = static_cast<uint32_t>(sums[i]);
    for (unsigned shift = 0; shift < 32; shift += 8) hash = (hash ^ (bits >> shift & 0xFF)) * 16777619u;
  }
}

void RunSample(size_t sample) {
  float* input = network::Input();
  for (size_t i = 0; i < network::kInputs; ++i) {
    input[i] = static_cast<float>(kSampleBytes[sample * network::kInputs + i]) / 255.0f;
  }
  hash = 2166136261u;
  const float* scores = network::Run(Hash);
  size_t best = 0;
  for (size_t i = 1; i < network::kOutputs; ++i) {
    if (scores[i] > scores[best]) best = i;
  }
  PutText("sample ");
  PutNumber(static_cast<uint32_t>(sample));
  PutText(" class ");
  PutNumber(static_cast<uint32_t>(best));
  PutText(" sums ");
  PutHex(hash);
  PutText(" scores");
  for (size_t i = 0; i < network::kOutputs; ++i) {
    Put(' ');
    PutHex(std::bit_cast<uint32_t>(scores[i]));
  }
  Put('\n');
}

}  // namespace
}  // namespace tritwise::bare

int main() {
  using namespace tritwise::bare;  // NOLINT(google-build-using-namespace)
  for (size_t sample = 0; sample < kSamples; ++sample) RunSample(sample);
  PutText("stack ");
  PutNumber(static_cast<uint32_t>(StackUsed()));
  PutText(" bytes\n");
  End(0);
}
