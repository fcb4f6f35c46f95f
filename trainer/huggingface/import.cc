#include "trainer/huggingface/import.h"

#include "trainer/data/vocabulary.h"
#include "trainer/error_status.h"
#include "trainer/huggingface/config.h"
#include "trainer/huggingface/names.h"
#include "trainer/huggingface/weights.h"
#include "trainer/parameters.h"

namespace tritwise {
namespace {

// Throws Error where the folder has no tokenizer that can be read.
Vocabulary ReadVocabulary(const std::filesystem::path& folder, const HuggingFaceConfig& config) {
  for (const char* name : {"tokenizer.model", "tokenizer.json"}) {
    const std::filesystem::path path = folder / name;
    if (!std::filesystem::exists(path)) continue;
    Vocabulary vocabulary = LoadVocabulary(path);
    PadVocabulary(vocabulary, config.vocabulary, path.string());
    // The network's own word on where texts end; a begin piece is put only where the tokenizer puts one.
    if (config.end_id >= 0) vocabulary.end_id = config.end_id;
    return vocabulary;
  }
  throw Error(folder.string() + ": has no tokenizer.model or tokenizer.json");
}

}  // namespace

Start ReadHuggingFace(const std::filesystem::path& folder, const std::string& origin) {
  const std::filesystem::path config_path = folder / "config.json";
  const HuggingFaceConfig config = ParseHuggingFaceConfig(ReadJsonFile(config_path), config_path.string());
  Start start;
  start.path = folder.string();
  start.origin = origin;
  start.network = config.network;
  start.context = config.context;
  start.foreign = true;
  try {
    start.vocabulary = ReadVocabulary(folder, config);
  } catch (const Error& error) {
    start.no_vocabulary = error.what();  // the recipe may name another
  }

  const DataShape shape = {InputKind::kTokens, config.vocabulary, config.vocabulary, config.context};
  const Result<Graph> graph = BuildDecoder(config.network, shape, LinearOptions{});
  if (!graph.ok()) throw Error(config_path.string() + ": " + graph.status().message());
  start.graph = graph.value();
  HuggingFaceWeights weights(folder);
  // All shapes first: what a damaged config.json says is not worth allocating.
  for (const TensorSpec& tensor : start.graph.tensors) {
    for (const NamedRows& part : HuggingFaceParts(tensor, config.network))
      weights.Find(part.name, part.rows, tensor.cols);
  }
  const ParameterLayout layout(start.graph);
  start.weights.assign(layout.size(), 0.0f);
  for (size_t t = 0; t < start.graph.tensors.size(); ++t) {
    const TensorSpec& tensor = start.graph.tensors[t];
    std::span<float> rest = layout.Of(std::span(start.weights), static_cast<int32_t>(t));
    for (const NamedRows& part : HuggingFaceParts(tensor, config.network)) {
      const auto count = static_cast<size_t>(part.rows * tensor.cols);
      weights.Read(part.name, part.rows, tensor.cols, rest.first(count));
      rest = rest.subspan(count);
    }
  }
  weights.RefuseUnread();
  return start;
}

}  // namespace tritwise
