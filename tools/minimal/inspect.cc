// inspect: what is in a model file, how it would be run, and what that costs.
#include <cstdio>

#include "tools/minimal/commands.h"
#include "tools/minimal/model_flags.h"
#include "tools/model_tables.h"
#include "tritwise/plan.h"

namespace tritwise::minimal {

Ending Inspect(const Command& command, Words words) {
  ModelFlags model_flags;
  bool show_plan = false;
  bool show_memory = false;
  const Flag flags[] = {
      model_flags.Path(),
      {"--plan", {}, Switch{&show_plan}, "How it would be run here: kernels by operation, arena"},
      {"--memory", {}, Switch{&show_memory}, "What it needs, by part"},
      model_flags.Threads(),
  };
  Ending ending;
  if (!Begin(command, words, flags, &ending)) return ending;

  TRITWISE_ASSIGN_OR_RETURN(const auto model, model_flags.Load());
  const PlanOptions options = model_flags.Options();
  if (!show_plan && !show_memory) return PrintModel(model_flags.path, *model);
  if (show_plan) {
    TRITWISE_ASSIGN_OR_RETURN(const auto plan, Plan::Make(model, options));
    std::fputs(plan->Describe().c_str(), stdout);
  }
  if (show_plan && show_memory) std::puts("");
  if (show_memory) {
    const int64_t context = model->graph().context;
    TRITWISE_ASSIGN_OR_RETURN(const MemoryReport memory, MeasureMemory(model->graph(), options));
    PrintMemory(memory, CacheBytes(model->graph(), options, context), context);
  }
  return {};
}

}  // namespace tritwise::minimal
