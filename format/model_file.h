// The `.trit` file: writing one, and mapping one read-only to compute on it where it lies.
//
// Layout (FORMAT.md has the byte map): a header of 64 bytes with its own checksum, the FlatBuffer of
// model.fbs, then weight segments, each 64-byte aligned, with offset, size and checksum in the
// FlatBuffer. Reading trusts nothing: header, FlatBuffers' verifier, then format/verify.h, then the
// segments; a file that fails is refused with one line that says what is wrong and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "format/chat_template.h"
#include "format/graph.h"
#include "format/mapped_file.h"
#include "format/status.h"
#include "format/tokenizer.h"

namespace tritwise {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr size_t kSegmentAlignment = 64;

// Everything about a model but its weights.
struct ModelDescription {
  Graph graph;
  Vocabulary vocabulary;  // empty where the input is not text
  std::string producer;   // program and version that wrote the file
  std::vector<std::pair<std::string, std::string>> metadata;
  std::optional<ChatTemplate> chat = {};  // only where there is a vocabulary
};

// The bytes of one tensor of the graph: `data` in the tensor's storage, `scales` as its ScaleKind says.
struct TensorData {
  std::span<const std::byte> data;
  std::span<const float> scales;
};

// Offsets from the start of the file.
struct SegmentPlace {
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t checksum = 0;
};

// Where the bytes of a tensor go while its file is written: in pieces of any size, all of the data before the
// scales. An error (the disk is full, or more than the shape holds) is to be handed on.
class TensorSink {
 public:
  virtual ~TensorSink() = default;
  virtual Status Data(std::span<const std::byte> piece) = 0;
  virtual Status Scales(std::span<const float> piece) = 0;
};

// Gives the bytes of description.graph.tensors[index]; called once for each, in order.
using TensorSource = std::function<Status(size_t index, TensorSink& sink)>;

// Both write atomically (format/atomic_file.h). The first keeps no weights in memory, so that a model may be larger
// than that; in the second tensors[i] belongs to description.graph.tensors[i].
Status StreamModel(const std::string& path, const ModelDescription& description, const TensorSource& source);
Status WriteModel(const std::string& path, const ModelDescription& description, std::span<const TensorData> tensors);

// Bytes of the file that either would write: no weights are needed to know.
uint64_t ModelFileBytes(const ModelDescription& description);

class ModelFile {
 public:
  struct Options {
    bool verify_segments = true;  // checksums of the weights, not only of header and FlatBuffer
  };
  static Result<ModelFile> Read(const std::string& path, Options options);
  static Result<ModelFile> Read(const std::string& path) { return Read(path, Options{}); }
  // The same from a file's bytes in memory: not copied, so they must outlive the object, and start at a multiple
  // of kSegmentAlignment. `where` names them in errors.
  static Result<ModelFile> FromMemory(std::span<const std::byte> bytes, const std::string& where, Options options);

  const ModelDescription& description() const { return description_; }
  const Graph& graph() const { return description_.graph; }
  // Points into the file's bytes, valid as long as this object.
  TensorData tensor(int32_t index) const { return tensors_[static_cast<size_t>(index)]; }
  std::span<const std::byte> bytes() const { return file_.bytes(); }
  uint64_t flatbuffer_bytes() const { return flatbuffer_bytes_; }

 private:
  explicit ModelFile(MappedFile file) : file_(std::move(file)) {}
  static Result<ModelFile> Parse(MappedFile mapped, const std::string& where, Options options);

  MappedFile file_;
  ModelDescription description_;
  std::vector<TensorData> tensors_;
  uint64_t flatbuffer_bytes_ = 0;
};

// The description alone, as the FlatBuffer without segments that checkpoints carry.
std::vector<std::byte> SerialiseDescription(const ModelDescription& description);
// `where` names the bytes in errors.
Result<ModelDescription> ParseDescription(std::span<const std::byte> bytes, const std::string& where);

// Bytes of a tensor's data in its storage, and number of its scales.
uint64_t DataBytes(const TensorSpec& tensor);
uint64_t ScaleCount(const TensorSpec& tensor);

}  // namespace tritwise
