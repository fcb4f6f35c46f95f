#include "tools/footprint/source.h"

#include <algorithm>
#include <cinttypes>

#include "format/checksum.h"
#include "format/transform.h"
#include "tools/random/shape.h"
#include "trainer/error_status.h"
#include "trainer/export.h"
#include "trainer/run_folder.h"

namespace tritwise {
namespace {

std::string Producer() { return "tritwise " TRITWISE_VERSION; }

FootprintSource ReadRecipeSource(const std::string& path) {
  const Recipe recipe = ReadRecipe(path, {});
  if (recipe.data.kind != DataKind::kText) throw Error(path + ": of recipes, only those of texts can be planned");
  FootprintSource source;
  source.name = path;
  source.note = "The vocabulary is learnt in training: it is not counted.";
  const DataShape shape{InputKind::kTokens, recipe.data.vocabulary, recipe.data.vocabulary, recipe.data.context};
  source.description.graph = ValueOrThrow(BuildFamily(recipe.network, shape, recipe.linear_options()));
  source.description.producer = Producer();
  return source;
}

FootprintSource ReadRunSource(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(CheckpointPath(folder))) {
    throw Error(folder.string() + ": is not the folder of a run (it holds no checkpoint.safetensors)");
  }
  FootprintSource source;
  source.name = folder.string();
  source.note =
      "Linears in f16 and int8 have the ternary values, code times scale; embedding and head are rounded from "
      "the checkpoint.";
  source.checkpoint = ReadCheckpoint(CheckpointPath(folder).string());
  source.description = source.checkpoint->description;
  if (std::filesystem::exists(folder / "validation.txt")) source.held_out = (folder / "validation.txt").string();
  return source;
}

FootprintSource ReadModelSource(const std::string& path) {
  FootprintSource source;
  source.name = path;
  source.model_path = path;
  source.note =
      "All variants are made from this file: linears in f16 and int8 have the ternary values, code times "
      "scale; embedding and head are rounded from what the file has.";
  source.description = ValueOrThrow(ModelFile::Read(path, {false})).description();
  return source;
}

}  // namespace

FootprintSource ReadSource(const std::string& path) {
  FootprintSource source = std::filesystem::is_directory(path)                  ? ReadRunSource(path)
                           : std::filesystem::path(path).extension() == ".toml" ? ReadRecipeSource(path)
                                                                                : ReadModelSource(path);
  const auto& ops = source.description.graph.ops;
  if (std::none_of(ops.begin(), ops.end(), [](const Op& op) { return op.kind() == OpKind::kTernaryLinear; })) {
    throw Error(path + ": has no ternary linears, so there is nothing to compare");
  }
  return source;
}

FootprintSource ReadShapeSource(const std::string& name) {
  const ModelShape shape = ReadShape(name);
  FootprintSource source;
  source.name = shape.name;
  source.note = "A shape has no vocabulary: it is not counted.";
  source.description = DescribeRandom(shape, ShapeGraph(shape, Storage::kT2, Storage::kI8), 1, Producer());
  return source;
}

std::string BaseModel(const FootprintSource& source, const WorkFolder& folder) {
  if (!source.checkpoint) {
    if (source.model_path.empty()) throw Error(source.name + ": has no weights to measure with");
    return source.model_path;
  }
  const std::string path = folder / "base.trit";
  ExportOptions options;
  options.head = Storage::kF32;
  ExportCheckpoint(*source.checkpoint, path, options);
  return path;
}

std::string Digest(const ModelDescription& description) {
  ModelDescription plain;
  plain.graph = WithStorage(description.graph, Storage::kT2, Storage::kF32);
  plain.vocabulary = description.vocabulary;
  char text[20];
  std::snprintf(text, sizeof(text), "%016" PRIx64, Checksum(SerialiseDescription(plain)));
  return text;
}

}  // namespace tritwise
