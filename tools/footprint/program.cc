#include "tools/footprint/program.h"

#include "format/families/families.h"
#include "tools/random/weights.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

constexpr int64_t kContext = 64;
constexpr int64_t kIds = 64;  // without a vocabulary

DecoderConfig SmallestNetwork() {
  DecoderConfig config;
  config.width = 64;
  config.layers = 1;
  config.heads = 2;
  config.feed_forward = 64;
  return config;
}

}  // namespace

std::vector<std::string> MemoryArguments(const std::string& path, const std::string& cache, int32_t threads,
                                         int64_t context) {
  return {
      "bench",   path,  "--only", "memory", "--threads", std::to_string(threads), "--context", std::to_string(context),
      "--cache", cache, "--json"};
}

uint64_t MeasureProgram(const ModelDescription& model, int32_t threads, const WorkFolder& folder) {
  ModelDescription small = model;
  const int64_t ids = model.vocabulary.empty() ? kIds : model.graph.input_width;
  const DataShape shape{InputKind::kTokens, ids, ids, kContext};
  small.graph = ValueOrThrow(BuildFamily(SmallestNetwork(), shape, LinearOptions{}));
  const std::string path = folder / "smallest.trit";
  ThrowIfError(StreamModel(path, small, RandomWeights(small.graph, 1)));
  const Json memory = RunSelf(MemoryArguments(path, "f16", threads, kContext)).at("memory");
  const auto bytes = [&](const char* part) { return memory.at(part).get<uint64_t>(); };
  const uint64_t network = bytes("file_bytes") + bytes("cache_bytes") + bytes("arena_bytes");
  return bytes("peak_rss_bytes") - std::min(network, bytes("peak_rss_bytes"));
}

}  // namespace tritwise
