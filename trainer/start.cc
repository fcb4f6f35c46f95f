#include "trainer/start.h"

#include <algorithm>

#include "trainer/checkpoint.h"
#include "trainer/data/vocabulary.h"
#include "trainer/error.h"
#include "trainer/huggingface/import.h"
#include "trainer/parameters.h"
#include "trainer/run_folder.h"

namespace tritwise {
namespace {

Start ReadRun(const std::filesystem::path& file, const std::string& origin) {
  Checkpoint checkpoint = ReadCheckpoint(file.string());
  Start start;
  start.path = file.string();
  start.origin = "run:" + origin;
  start.network = checkpoint.recipe.network;
  start.vocabulary = std::move(checkpoint.description.vocabulary);
  start.graph = std::move(checkpoint.description.graph);
  start.weights = std::move(checkpoint.state.weights);
  return start;
}

// The name of a folder or file, whether or not a slash stands behind it.
std::string NameOfPath(const std::filesystem::path& path) {
  const std::filesystem::path normal = std::filesystem::weakly_canonical(path);
  return normal.filename().string();
}

// Sets what follows from other fields where it is left at 0; the cache's format says nothing about the weights.
Recipe Spelled(FamilyConfig network, bool head_sizes) {
  if (auto* decoder = std::get_if<DecoderConfig>(&network)) {
    if (decoder->kv_heads == 0) decoder->kv_heads = decoder->heads;
    if (decoder->head_size == 0 && decoder->heads > 0) decoder->head_size = decoder->width / decoder->heads;
    if (!head_sizes) decoder->kv_heads = decoder->head_size = 0;
    decoder->cache = DecoderConfig().cache;
  }
  Recipe recipe;
  recipe.network = network;
  return recipe;
}

std::string NetworkDifference(const FamilyConfig& there, const FamilyConfig& here) {
  // A width that differs is to be named before the size of a head that follows from it.
  std::string difference = FirstDifference(Spelled(there, false), Spelled(here, false));
  if (difference.empty()) difference = FirstDifference(Spelled(there, true), Spelled(here, true));
  if (const size_t at = difference.find(" in the run"); at != difference.npos) difference.replace(at, 11, " there");
  return difference;
}

std::string Shape(const TensorSpec& t) { return std::to_string(t.rows) + " x " + std::to_string(t.cols); }

}  // namespace

Start ReadStart(const std::filesystem::path& path) {
  const std::string name = NameOfPath(path);
  if (std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(CheckpointPath(path))) return ReadRun(CheckpointPath(path), name);
    if (std::filesystem::exists(path / "config.json")) return ReadHuggingFace(path, "huggingface:" + name);
    throw Error(path.string() + ": neither a run (checkpoint.safetensors) nor a Hugging Face folder (config.json)");
  }
  return ReadRun(path, name);
}

void ApplyStart(Start& start, Recipe& recipe) {
  const auto* own = std::get_if<DecoderConfig>(&recipe.network);
  const Storage cache = own != nullptr ? own->cache : DecoderConfig().cache;
  if (!NetworkDifference(DecoderConfig{}, recipe.network).empty()) {
    const std::string difference = NetworkDifference(start.network, recipe.network);
    if (!difference.empty()) throw Error(start.path + ": not the recipe's network: " + difference);
  }
  recipe.network = start.network;
  if (auto* decoder = std::get_if<DecoderConfig>(&recipe.network)) decoder->cache = cache;

  if (!recipe.data.tokenizer.empty()) {
    start.vocabulary = LoadVocabulary(recipe.data.tokenizer);
    PadVocabulary(start.vocabulary, start.graph.input_width, recipe.data.tokenizer);
  } else if (start.vocabulary.empty() && start.graph.input == InputKind::kTokens) {
    throw Error(start.no_vocabulary + "; name a tokenizer with data.tokenizer");
  }
}

void CopyWeights(const Start& start, const Graph& graph, std::span<float> weights) {
  const ParameterLayout from(start.graph);
  const ParameterLayout to(graph);
  const auto fail = [&](const std::string& what) { throw Error(start.path + ": not this run's network: " + what); };
  size_t found = 0;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorSpec& tensor = graph.tensors[t];
    const auto same = std::find_if(start.graph.tensors.begin(), start.graph.tensors.end(),
                                   [&](const TensorSpec& other) { return other.name == tensor.name; });
    if (same == start.graph.tensors.end()) {
      if (start.foreign && tensor.name.ends_with(".input_norm.gain")) continue;
      fail("it has no tensor " + tensor.name);
    }
    if (same->rows != tensor.rows || same->cols != tensor.cols) {
      fail("tensor " + tensor.name + " is " + Shape(*same) + " there, " + Shape(tensor) + " here");
    }
    ++found;
    const auto values = from.Of(std::span(start.weights), static_cast<int32_t>(same - start.graph.tensors.begin()));
    std::copy(values.begin(), values.end(), to.Of(weights, static_cast<int32_t>(t)).begin());
  }
  if (found == start.graph.tensors.size()) return;
  for (const TensorSpec& tensor : start.graph.tensors) {
    const bool here = std::any_of(graph.tensors.begin(), graph.tensors.end(),
                                  [&](const TensorSpec& other) { return other.name == tensor.name; });
    if (!here) fail("tensor " + tensor.name + " is there only");
  }
}

void PadVocabulary(Vocabulary& vocabulary, int64_t size, const std::string& where) {
  const auto wanted = static_cast<size_t>(size);
  if (vocabulary.pieces.size() > wanted) {
    throw Error(where + ": " + std::to_string(vocabulary.pieces.size()) + " pieces, but the network has only " +
                std::to_string(size) + " ids");
  }
  vocabulary.pieces.resize(wanted);
  vocabulary.types.resize(wanted, PieceType::kUnused);
  if (vocabulary.kind == VocabularyKind::kSentencePiece) vocabulary.scores.resize(wanted, 0.0f);
}

}  // namespace tritwise
