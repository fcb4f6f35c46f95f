// Files in the safetensors layout (huggingface/safetensors: 8 bytes of header size, JSON, tensor bytes):
// what checkpoints are, so that other programs can read the weights.
//
// Reading checks every size and offset; writing is atomic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "format/mapped_file.h"

namespace tritwise {

struct SafetensorsEntry {
  std::string dtype;  // "F32", "U8", ...
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

// Tensors are written in the order of their names. Throws Error.
void WriteSafetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                      const std::map<std::string, SafetensorsEntry>& tensors);

class SafetensorsFile {
 public:
  // Throws Error: missing, truncated, not the layout.
  explicit SafetensorsFile(const std::string& path);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool contains(const std::string& name) const { return tensors_.contains(name); }
  // Valid as long as this object. Throws Error where there is none of that name and type.
  const SafetensorsEntry& tensor(const std::string& name, const std::string& dtype) const;
  const std::map<std::string, SafetensorsEntry>& tensors() const { return tensors_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  MappedFile file_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, SafetensorsEntry> tensors_;
};

}  // namespace tritwise
