#include "tools/footprint/program.h"

#include <algorithm>
#include <filesystem>

#include "format/families/families.h"
#include "format/names.h"
#include "format/transform.h"
#include "tools/random/weights.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

constexpr int64_t kContext = 64;
constexpr int64_t kIds = 64;  // without a vocabulary
constexpr size_t kRuns = 15;
constexpr uint64_t kSmallBytes = uint64_t{64} << 20;

// With as many operations: each has objects of its own.
DecoderConfig SmallNetwork(const Graph& like) {
  DecoderConfig config;
  config.width = 64;
  const auto attends = [](const Op& op) { return op.kind() == OpKind::kAttention; };
  config.layers = std::max<int64_t>(1, std::count_if(like.ops.begin(), like.ops.end(), attends));
  config.heads = 2;
  config.feed_forward = 64;
  return config;
}

}  // namespace

Json MeasureFilled(const std::string& path, const std::string& cache, int32_t threads, int64_t context) {
  const size_t runs = std::filesystem::file_size(path) < kSmallBytes ? kRuns : 1;
  std::vector<Json> all;
  for (size_t i = 0; i < runs; ++i) {
    all.push_back(RunSelf({"bench", path, "--only", "memory", "--threads", std::to_string(threads), "--context",
                           std::to_string(context), "--cache", cache, "--json"}));
  }
  const auto peak = [](const Json& run) { return run.at("memory").at("peak_rss_bytes").get<uint64_t>(); };
  return *std::min_element(all.begin(), all.end(), [&](const Json& a, const Json& b) { return peak(a) < peak(b); });
}

uint64_t MeasureProgram(const ModelDescription& model, const Variant& variant, int32_t threads,
                        const WorkFolder& folder) {
  ModelDescription small = model;
  const int64_t ids = model.vocabulary.empty() ? kIds : model.graph.input_width;
  const DataShape shape{InputKind::kTokens, ids, ids, kContext};
  small.graph = WithStorage(ValueOrThrow(BuildFamily(SmallNetwork(model.graph), shape, LinearOptions{})),
                            variant.linears, variant.head);
  const std::string path = folder / "small.trit";
  ThrowIfError(StreamModel(path, small, RandomWeights(small.graph, 1)));
  const Json memory = MeasureFilled(path, std::string(NameOf(variant.cache)), threads, kContext).at("memory");
  const auto bytes = [&](const char* part) { return memory.at(part).get<uint64_t>(); };
  const uint64_t network = bytes("file_bytes") + bytes("cache_bytes") + bytes("arena_bytes");
  return bytes("peak_rss_bytes") - std::min(network, bytes("peak_rss_bytes"));
}

}  // namespace tritwise
