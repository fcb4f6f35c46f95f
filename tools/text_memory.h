// What a subcommand that writes one text needs in memory, fitted into --memory-budget.
#pragma once

#include <cstdint>

#include "tools/machine/machine.h"
#include "tools/memory_budget.h"
#include "tools/model_flags.h"
#include "tritwise/sampler.h"

namespace tritwise {

// What the process takes for itself: all that it had before there was a model, and what grew with it besides its pages.
class ProgramMemory {
 public:
  uint64_t bytes() const {
    // Code that has not run yet, stacks of threads, output: 1.3 MiB on x86-64, less on boards.
    constexpr uint64_t kToCome = uint64_t{3} << 19;
    return before_ + OwnResidentBytes() - own_before_ + kToCome;
  }

 private:
  uint64_t before_ = ResidentBytes();
  uint64_t own_before_ = OwnResidentBytes();
};

struct TextMemory {
  int64_t context = 0;           // of the text
  int64_t shortest_context = 1;  // with which it still makes sense
};

// `flags.Options()`, with as many rows at once as the budget has room for. Throws Error where there is none at all.
inline PlanOptions FitText(const ModelFlags& flags, const Model& model, const SamplerOptions& sampler,
                           const ProgramMemory& program, const TextMemory& text) {
  MemoryRequest request{model.graph()};
  request.file_bytes = model.file().bytes().size();
  request.program_bytes = program.bytes() + Sampler::Bytes(sampler, model.graph().output_width());
  request.options = flags.Options();
  request.options.max_outputs = 1;
  request.shortest_context = text.shortest_context;
  request.context = text.context;
  request.budget_bytes = flags.memory_budget;
  return FitMemory(request).options;
}

}  // namespace tritwise
