#include "tools/footprint/planned.h"

#include "format/transform.h"
#include "tools/token_bytes.h"
#include "trainer/error_status.h"

namespace tritwise {

ModelDescription Stored(const ModelDescription& model, const Variant& variant) {
  ModelDescription stored = model;
  stored.graph = WithStorage(model.graph, variant.linears, variant.head);
  return stored;
}

Planned PlanVariant(const ModelDescription& model, const Variant& variant, const PlanRequest& request) {
  const ModelDescription stored = Stored(model, variant);
  PlanOptions options;  // those of `tritwise run`
  options.threads = request.threads;
  options.cache = variant.cache;
  options.max_outputs = stored.graph.context == 0 ? 0 : 1;
  Planned planned;
  planned.file = ModelFileBytes(stored);
  planned.memory = ValueOrThrow(MeasureMemory(stored.graph, options));
  planned.description = planned.file - planned.memory.weights();
  planned.program = request.program_bytes;
  for (const int64_t context : request.contexts) {
    const uint64_t cache = CacheBytes(stored.graph, options, context);
    planned.contexts.push_back({context, cache, TokenBytes(stored.graph, options, context),
                                planned.file + cache + planned.memory.arena + planned.program});
  }
  return planned;
}

std::vector<int64_t> UsualContexts(const Graph& graph) {
  std::vector<int64_t> contexts;
  for (int64_t context = 512; context < graph.context; context *= context == 512 ? 4 : 2) contexts.push_back(context);
  contexts.push_back(graph.context);
  return contexts;
}

double MostTokens(const PlannedContext& context, double bytes_per_s) {
  return bytes_per_s / static_cast<double>(context.token_bytes);
}

}  // namespace tritwise
