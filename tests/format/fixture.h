// What several tests of format/ share: reading for the error's line, and one small model of each family.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "format/families/families.h"
#include "format/verify.h"
#include "tests/support/model_bytes.h"
#include "tests/support/random_model.h"
#include "tests/support/temp_dir.h"

namespace tritwise::test {

template <class T>
T Must(Result<T> result) {
  if (!result.ok()) FAIL(result.status().message());
  return std::move(result).value();
}

inline Op& OpNamed(Graph& graph, std::string_view name) {
  for (Op& op : graph.ops) {
    if (op.name == name) return op;
  }
  throw std::runtime_error("no operation " + std::string(name));
}

template <class Attrs>
Attrs& AttrsOf(Graph& graph, std::string_view name) {
  return std::get<Attrs>(OpNamed(graph, name).attrs);
}

inline TensorSpec& TensorNamed(Graph& graph, std::string_view name) {
  for (TensorSpec& tensor : graph.tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::runtime_error("no tensor " + std::string(name));
}

// The line that refuses a copy of `good` after `change`, read as "f"; empty where it is accepted.
template <class Change>
std::string Broken(const Graph& good, Change change) {
  Graph graph = good;
  change(graph);
  return VerifyGraph(graph, "f").message();
}

// The line that refuses the file; empty where it is accepted.
inline std::string ReadError(const std::string& path, bool verify_segments = true) {
  const Result<ModelFile> model = ModelFile::Read(path, {.verify_segments = verify_segments});
  if (!model.ok()) REQUIRE(std::string(model.status().message()).starts_with(path + ": "));
  return model.ok() ? "" : model.status().message();
}

// A file that is written again in place, which is much faster than making it anew thousands of times.
class OpenFile {
 public:
  explicit OpenFile(std::string path)
      : path_(std::move(path)), descriptor_(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) throw std::runtime_error("cannot open " + path_);
  }
  ~OpenFile() { close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  const std::string& path() const { return path_; }
  std::string Error(bool verify_segments = true) const { return ReadError(path_, verify_segments); }

  void Put(std::span<const std::byte> bytes) {
    PutAt(0, bytes);
    if (bytes.size() != size_) Cut(bytes.size());
  }
  void Put(size_t offset, std::byte byte) { PutAt(offset, std::span(&byte, 1)); }
  void Cut(size_t size) {
    if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0) throw std::runtime_error("ftruncate failed");
    size_ = size;
  }

 private:
  void PutAt(size_t offset, std::span<const std::byte> bytes) const {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("pwrite failed");
  }

  std::string path_;
  int descriptor_;
  size_t size_ = 0;
};

// One block, every kind of operation but the plain activation, ternary layout t5 with gains and biases of its own.
inline Graph TinyDecoder(Storage ternary = Storage::kT5) {
  DecoderConfig config;
  config.width = 8;
  config.layers = 1;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_size = 2;
  config.feed_forward = 12;
  config.norm_gain = true;
  LinearOptions linear;
  linear.ternary = ternary;
  linear.quantiser = {NormKind::kRms, 1e-6f, kNoTensor, 127, -127};
  return MustBuild(BuildFamily(config, {InputKind::kTokens, 6, 6, 16}, linear));
}

inline Graph TinyMlp() { return MakeMlp({{5}, ActivationKind::kReluSquared, true}, 3, 2); }

// As many plain pieces as the tiny decoder has ids.
inline Vocabulary TinyVocabulary() {
  Vocabulary vocabulary;
  vocabulary.pieces = {"<unk>", "</s>", "a", "b", "ab", "\u2581"};
  vocabulary.scores = {0.0f, 0.0f, -2.0f, -3.0f, -1.0f, -4.0f};
  vocabulary.types = {PieceType::kUnknown, PieceType::kControl, PieceType::kNormal,
                      PieceType::kNormal,  PieceType::kNormal,  PieceType::kNormal};
  vocabulary.end_id = 1;
  return vocabulary;
}

// The bytes of a file that WriteModel writes.
inline FileBytes ModelBytes(const Graph& graph, Vocabulary vocabulary = {}) {
  const TempDir folder;
  WriteRandomModel(folder / "model.trit", graph, std::move(vocabulary));
  return ReadBytes(folder / "model.trit");
}

}  // namespace tritwise::test
