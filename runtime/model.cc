#include "tritwise/model.h"

namespace tritwise {

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path, const Options& options) {
  TRITWISE_ASSIGN_OR_RETURN(ModelFile file, ModelFile::Read(path, {options.verify_segments}));
  return Make(std::move(file), path);
}

Result<std::shared_ptr<const Model>> Model::FromMemory(std::span<const std::byte> bytes, const Options& options) {
  const std::string where = "model in memory";
  TRITWISE_ASSIGN_OR_RETURN(ModelFile file, ModelFile::FromMemory(bytes, where, {options.verify_segments}));
  return Make(std::move(file), where);
}

Result<std::shared_ptr<const Model>> Model::Make(ModelFile file, const std::string& where) {
  std::optional<Tokenizer> tokenizer;
  const Vocabulary& vocabulary = file.description().vocabulary;
  if (!vocabulary.empty()) {
    auto made = Tokenizer::Make(vocabulary);
    if (!made.ok()) {
      return Status::Error(StatusCode::kCorrupt, "%s: %s", where.c_str(), made.status().message());
    }
    tokenizer.emplace(std::move(made).value());
  }
  return std::shared_ptr<const Model>(new Model(std::move(file), std::move(tokenizer)));
}

}  // namespace tritwise
