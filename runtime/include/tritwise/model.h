// A model file, checked and mapped: what is shared by everything that computes with it.
//
// Immutable, so any number of threads, plans and sessions may use one Model at the same time. The
// weights stay where they lie in the file: loading reads them only to check their sums, and pages that
// no forward pass touches are never resident. Not a network that can run: that is a Plan.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "format/model_file.h"
#include "tritwise/status.h"

namespace tritwise {

class Model {
 public:
  struct Options {
    // Checks every weight segment's checksum (reads the whole file once). Header, graph and padding are
    // checked in any case; a damaged weight can make a wrong answer, never a crash.
    bool verify_segments = true;
  };

  // Errors are one line that starts with the path: kNotFound or kIo where the file cannot be read,
  // kCorrupt where its bytes contradict themselves, kUnsupported where it is newer than this build.
  static Result<std::shared_ptr<const Model>> Load(const std::string& path, const Options& options);
  static Result<std::shared_ptr<const Model>> Load(const std::string& path) { return Load(path, Options{}); }
  // The same from the bytes of a file, e.g. in flash or in a program's own data. They are not copied: they must
  // stay as long as the Model, and start at a multiple of 64 (kInvalidArgument where they do not).
  static Result<std::shared_ptr<const Model>> FromMemory(std::span<const std::byte> bytes, const Options& options);

  // The operations, tensors and shapes. See format/graph.h.
  const Graph& graph() const { return file_.graph(); }
  // Null where the model does not read text or the file carries no vocabulary.
  const Tokenizer* tokenizer() const { return tokenizer_ ? &*tokenizer_ : nullptr; }
  // How messages become ids (format/chat_template.h). Null where the file has no template.
  const ChatTemplate* chat() const { return file_.description().chat ? &*file_.description().chat : nullptr; }
  // Program and version that wrote the file.
  const std::string& producer() const { return file_.description().producer; }
  // Free key-value pairs, in the file's order.
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return file_.description().metadata; }

  // Bytes and scales of graph().tensors[index], in the mapping: valid as long as the Model.
  TensorData tensor(int32_t index) const { return file_.tensor(index); }
  // The file underneath, for whoever inspects it.
  const ModelFile& file() const { return file_; }

 private:
  Model(ModelFile file, std::optional<Tokenizer> tokenizer)
      : file_(std::move(file)), tokenizer_(std::move(tokenizer)) {}

  static Result<std::shared_ptr<const Model>> Make(ModelFile file, const std::string& where);

  ModelFile file_;
  std::optional<Tokenizer> tokenizer_;
};

}  // namespace tritwise
