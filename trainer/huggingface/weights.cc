#include "trainer/huggingface/weights.h"

#include <nlohmann/json.hpp>

#include "trainer/error.h"
#include "trainer/huggingface/config.h"
#include "trainer/number_formats.h"

namespace tritwise {

HuggingFaceWeights::HuggingFaceWeights(const std::filesystem::path& folder) : where_(folder.string()) {
  const auto whole = folder / "model.safetensors";
  const auto index = folder / "model.safetensors.index.json";
  if (std::filesystem::exists(whole)) {
    Open(whole);
    return;
  }
  if (!std::filesystem::exists(index)) {
    throw Error(where_ + ": no model.safetensors and no model.safetensors.index.json in this folder");
  }
  const nlohmann::json json = ReadJsonFile(index);
  const auto map = json.find("weight_map");
  if (map == json.end() || !map->is_object()) throw Error(index.string() + ": it has no weight_map");
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    // A name in this folder, not a path to somewhere else.
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name.find('/') != name.npos) {
      throw Error(index.string() + ": tensor " + tensor + " is in no file of this folder");
    }
    names.insert(name);
  }
  for (const std::string& name : names) Open(folder / name);
}

void HuggingFaceWeights::Open(const std::filesystem::path& path) {
  const SafetensorsFile& file = files_.emplace_back(path.string());
  for (const auto& [name, entry] : file.tensors()) {
    if (!tensors_.emplace(name, &entry).second) throw Error(path.string() + ": tensor " + name + " is there twice");
  }
}

const SafetensorsEntry& HuggingFaceWeights::Find(const std::string& name, int64_t rows, int64_t cols) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error(where_ + ": holds no tensor " + name);
  const SafetensorsEntry& entry = *found->second;
  const std::vector<int64_t> vector = {cols};
  const std::vector<int64_t> matrix = {rows, cols};
  if (entry.shape != matrix && !(rows == 1 && entry.shape == vector)) {
    std::string shape;
    for (const int64_t dimension : entry.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(dimension);
    throw Error(where_ + ": tensor " + name + " is " + shape + ", config.json makes it " + std::to_string(rows) +
                " x " + std::to_string(cols));
  }
  if (!IsFloatFormat(entry.dtype)) {
    throw Error(where_ + ": tensor " + name + " is " + entry.dtype + "; only F32, F16 and BF16 can be read");
  }
  return entry;
}

void HuggingFaceWeights::Read(const std::string& name, int64_t rows, int64_t cols, std::span<float> out) {
  const SafetensorsEntry& entry = Find(name, rows, cols);
  ReadNumbers(entry.dtype, entry.bytes, out);
  read_.insert(name);
}

void HuggingFaceWeights::RefuseUnread() const {
  for (const auto& [name, entry] : tensors_) {
    // Rotary frequencies follow from the base; a tied head may be stored although it is the embedding.
    if (read_.contains(name) || name.ends_with("rotary_emb.inv_freq") || name == "lm_head.weight") continue;
    throw Error(where_ + ": tensor " + name + " has no place in a network of its config.json");
  }
}

}  // namespace tritwise
