// The tensors of a Hugging Face folder: model.safetensors, or the files that model.safetensors.index.json names.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>

#include "trainer/safetensors.h"

namespace tritwise {

class HuggingFaceWeights {
 public:
  // Throws Error: neither file is there, or one of them is damaged.
  explicit HuggingFaceWeights(const std::filesystem::path& folder);

  // A tensor of f32, f16 or bf16. Throws Error where it is missing or not rows x cols (a vector is one row).
  const SafetensorsEntry& Find(const std::string& name, int64_t rows, int64_t cols) const;
  // The same as f32; `out` has room for rows * cols.
  void Read(const std::string& name, int64_t rows, int64_t cols, std::span<float> out);

  // Throws Error for the first tensor that nobody read and that says something about the network.
  void RefuseUnread() const;

 private:
  void Open(const std::filesystem::path& path);

  std::string where_;
  std::deque<SafetensorsFile> files_;
  std::map<std::string, const SafetensorsEntry*> tensors_;
  std::set<std::string> read_;
};

}  // namespace tritwise
