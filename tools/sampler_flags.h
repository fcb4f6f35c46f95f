// The flags of every subcommand that draws tokens.
#pragma once

#include <CLI/CLI.hpp>

#include "tritwise/sampler.h"

namespace tritwise {

// --temperature, --top-k, --top-p, --seed. `options` must outlive the parser.
void AddSampler(CLI::App& command, SamplerOptions& options);

}  // namespace tritwise
