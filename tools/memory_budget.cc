#include "tools/memory_budget.h"

#include <algorithm>
#include <vector>

#include "format/model_file.h"
#include "format/names.h"
#include "tools/output.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

// What a user can change, as the command calls it.
struct Change {
  std::string text;  // empty: there is nothing to change
  uint64_t saved = 0;
};

uint64_t FileBytes(const TensorSpec& t) { return DataBytes(t) + ScaleCount(t) * sizeof(float); }

bool IsHead(const Graph& graph, size_t tensor) {
  return std::any_of(graph.ops.begin(), graph.ops.end(), [&](const Op& op) {
    if (const auto* a = std::get_if<EmbeddingAttrs>(&op.attrs)) return a->table == static_cast<int32_t>(tensor);
    const auto* a = std::get_if<PlainLinearAttrs>(&op.attrs);
    return a != nullptr && op.output == graph.output && a->weight == static_cast<int32_t>(tensor);
  });
}

// Bytes that the file loses where embedding and head are stored so; 0 where it would not get smaller.
uint64_t SavedByHead(const Graph& graph, Storage storage) {
  uint64_t before = 0;
  uint64_t after = 0;
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    if (!IsHead(graph, i)) continue;
    TensorSpec changed = graph.tensors[i];
    before += FileBytes(changed);
    StorePlain(changed, storage);
    after += FileBytes(changed);
  }
  return before > after ? before - after : 0;
}

uint64_t SavedByLayout(const Graph& graph, Storage storage) {
  uint64_t before = 0;
  uint64_t after = 0;
  for (const TensorSpec& t : graph.tensors) {
    if (!IsTernaryWeight(t)) continue;
    TensorSpec changed = t;
    changed.storage = storage;
    before += FileBytes(t);
    after += FileBytes(changed);
  }
  return before > after ? before - after : 0;
}

uint64_t Caches(const MemoryRequest& r, const PlanOptions& options, int64_t context) {
  return context == 0 ? 0 : static_cast<uint64_t>(r.sessions) * CacheBytes(r.graph, options, context);
}

// The longest context that saves `missing` bytes, or where none does the shortest that makes sense.
Change ShorterContext(const MemoryRequest& r, uint64_t missing) {
  if (r.shortest_context >= r.context) return {};
  const uint64_t all = Caches(r, r.options, r.context);
  int64_t fits = r.shortest_context;
  int64_t too_long = r.context;
  while (fits + 1 < too_long) {
    const int64_t middle = fits + (too_long - fits) / 2;
    (all - Caches(r, r.options, middle) >= missing ? fits : too_long) = middle;
  }
  const uint64_t saved = all - Caches(r, r.options, fits);
  if (saved == 0) return {};
  return {"--context " + std::to_string(fits), saved};
}

Change Int8Cache(const MemoryRequest& r) {
  PlanOptions changed = r.options;
  changed.cache = Storage::kI8;
  const uint64_t before = Caches(r, r.options, r.context);
  const uint64_t after = Caches(r, changed, r.context);
  if (after >= before) return {};
  return {"--cache int8", before - after};
}

Change DenserHead(const MemoryRequest& r, uint64_t missing) {
  Change change;
  for (const Storage storage : {Storage::kI8, Storage::kI6, Storage::kI4, Storage::kT2, Storage::kT5}) {
    const uint64_t saved = SavedByHead(r.graph, storage);
    if (saved <= change.saved) continue;
    change = {"a model exported with --head " + std::string(NameOf(storage)), saved};
    if (saved >= missing) break;
  }
  return change;
}

Change DenserLayout(const MemoryRequest& r) {
  const uint64_t saved = SavedByLayout(r.graph, Storage::kT5);
  if (saved == 0) return {};
  return {"a model exported with --layout t5", saved};
}

std::string Join(const std::vector<std::string>& texts, const char* last) {
  std::string all;
  for (size_t i = 0; i < texts.size(); ++i) all += (i == 0 ? "" : i + 1 == texts.size() ? last : ", ") + texts[i];
  return all;
}

// What would save `missing` bytes.
std::string Remedies(const MemoryRequest& r, uint64_t missing) {
  const std::vector<Change> changes = {ShorterContext(r, missing), Int8Cache(r), DenserHead(r, missing),
                                       DenserLayout(r)};
  std::vector<std::string> alone;
  for (const Change& change : changes) {
    if (!change.text.empty() && change.saved >= missing) alone.push_back(change.text);
  }
  if (!alone.empty()) return "it would fit with " + Join(alone, " or ");

  // The cache's two changes are not independent: the format first, then as much context as that leaves.
  MemoryRequest rest = r;
  std::vector<std::string> together;
  uint64_t left = missing;
  const auto take = [&](const Change& change) {
    if (change.text.empty() || left == 0) return;
    together.push_back(change.text);
    left -= std::min(left, change.saved);
  };
  take(changes[3]);
  take(changes[1]);
  if (!changes[1].text.empty()) rest.options.cache = Storage::kI8;
  take(DenserHead(r, left));
  take(ShorterContext(rest, left));
  if (left == 0) return "it would fit with " + Join(together, " and ") + " together";
  if (together.empty()) return "nothing would make this model fit";
  return "even with " + Join(together, " and ") + " " + FormatBytes(left) + " would be missing";
}

std::string Parts(const MemoryNeed& need) {
  return "model file " + FormatBytes(need.file) + ", cache " + FormatBytes(need.cache) + ", buffers " +
         FormatBytes(need.arena) + ", program " + FormatBytes(need.program);
}

}  // namespace

MemoryNeed NeedOf(const MemoryRequest& request, const PlanOptions& options) {
  const MemoryReport report = ValueOrThrow(MeasureMemory(request.graph, options));
  return {request.file_bytes, Caches(request, options, request.context), report.arena, request.program_bytes};
}

MemoryPlan FitMemory(const MemoryRequest& request) {
  MemoryPlan plan{request.options, {}};
  for (;; plan.options.max_rows /= 2) {
    plan.need = NeedOf(request, plan.options);
    if (plan.need.total() <= request.budget_bytes) return plan;
    if (plan.options.max_rows <= std::max(request.options.max_outputs, 1)) break;
  }
  const uint64_t missing = plan.need.total() - request.budget_bytes;
  throw Error("needs " + FormatBytes(plan.need.total()) + " (" + Parts(plan.need) + "), " + FormatBytes(missing) +
              " more than the memory budget of " + FormatBytes(request.budget_bytes) + "; " +
              Remedies(request, missing));
}

}  // namespace tritwise
