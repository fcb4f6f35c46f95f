// What a footprint is asked of: a model file, the folder of a run, a recipe, or a shape.
#pragma once

#include <optional>
#include <string>

#include "format/model_file.h"
#include "tools/footprint/child.h"
#include "trainer/checkpoint.h"

namespace tritwise {

struct FootprintSource {
  std::string name;              // for people
  std::string note;              // what is not counted, or how variants are made; "" where nothing is to be said
  ModelDescription description;  // with ternary linears
  // Where weights are there too, at most one of them:
  std::string model_path;
  std::optional<Checkpoint> checkpoint;
  std::string held_out;  // a text that the run kept apart; ""
};

// `path`: MODEL.trit, the folder of a run, or a recipe (.toml). Throws Error; also where nothing is ternary.
FootprintSource ReadSource(const std::string& path);
// `shape` as `tritwise random --shape` has it.
FootprintSource ReadShapeSource(const std::string& shape);

// A file with all that variants are made from; a checkpoint's is written to `folder`, with its embedding and head in
// f32. Throws Error where there are no weights.
std::string BaseModel(const FootprintSource& source, const WorkFolder& folder);

// The same for networks of the same operations, shapes and vocabulary, however they are stored.
std::string Digest(const ModelDescription& description);

}  // namespace tritwise
