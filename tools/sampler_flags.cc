#include "tools/sampler_flags.h"

#include "tools/not_negative.h"

namespace tritwise {

void AddSampler(CLI::App& command, SamplerOptions& options) {
  command.add_option("--temperature", options.temperature, "0: always the likeliest token")
      ->check(CLI::Range(0.0f, 1e6f));
  command.add_option("--top-k", options.top_k, "Draw from the K likeliest only (0: all)")
      ->check(CLI::Range(0, 1 << 30));
  command.add_option("--top-p", options.top_p, "Draw from the likeliest with this probability in all")
      ->check(CLI::Range(1e-6f, 1.0f));
  command.add_option("--seed", options.seed, "Of the random numbers")->check(NotNegative());
}

}  // namespace tritwise
