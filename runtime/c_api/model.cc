// Models of the C API: loading, what they are, text and ids.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "runtime/c_api/handles.h"

using tritwise::StatusCode;
using tritwise::Tokenizer;
using tritwise::c_api::Fail;
using tritwise::c_api::TokenizerOf;

namespace tritwise::c_api {

const Tokenizer* TokenizerOf(const tritwise_model* model) {
  if (model == nullptr) {
    Fail(StatusCode::kInvalidArgument, "the model is NULL");
    return nullptr;
  }
  const Tokenizer* tokenizer = model->model->tokenizer();
  if (tokenizer == nullptr) Fail(StatusCode::kInvalidArgument, "the model has no vocabulary");
  return tokenizer;
}

namespace {

tritwise_model* Handle(Result<std::shared_ptr<const Model>> model) {
  if (model.ok()) return new tritwise_model{std::move(model).value()};
  Fail(model.status());
  return nullptr;
}

}  // namespace
}  // namespace tritwise::c_api

extern "C" {

tritwise_model* tritwise_model_load(const char* path, int verify) {
  if (path != nullptr) return tritwise::c_api::Handle(tritwise::Model::Load(path, {verify != 0}));
  Fail(StatusCode::kInvalidArgument, "the path is NULL");
  return nullptr;
}

tritwise_model* tritwise_model_from_memory(const void* data, size_t bytes, int verify) {
  return tritwise::c_api::Handle(
      tritwise::Model::FromMemory({static_cast<const std::byte*>(data), data == nullptr ? 0 : bytes}, {verify != 0}));
}

void tritwise_model_free(tritwise_model* model) { delete model; }

int64_t tritwise_model_context(const tritwise_model* model) { return model->model->graph().context; }

int64_t tritwise_model_input_width(const tritwise_model* model) { return model->model->graph().input_width; }

int64_t tritwise_model_output_width(const tritwise_model* model) { return model->model->graph().output_width(); }

int tritwise_model_reads_tokens(const tritwise_model* model) {
  return model->model->graph().input == tritwise::InputKind::kTokens ? 1 : 0;
}

int tritwise_model_has_vocabulary(const tritwise_model* model) { return model->model->tokenizer() != nullptr ? 1 : 0; }

int32_t tritwise_model_begin_id(const tritwise_model* model) {
  const Tokenizer* tokenizer = model->model->tokenizer();
  return tokenizer == nullptr ? TRITWISE_NO_ID : tokenizer->vocabulary().begin_id;
}

int32_t tritwise_model_end_id(const tritwise_model* model) {
  const Tokenizer* tokenizer = model->model->tokenizer();
  return tokenizer == nullptr ? TRITWISE_NO_ID : tokenizer->vocabulary().end_id;
}

const char* tritwise_model_metadata(const tritwise_model* model, const char* key) {
  for (const auto& [name, value] : model->model->metadata()) {
    if (name == key) return value.c_str();
  }
  return nullptr;
}

int64_t tritwise_tokenize(const tritwise_model* model, const char* text, size_t text_bytes, uint32_t flags,
                          int32_t* ids, size_t capacity) {
  const Tokenizer* tokenizer = TokenizerOf(model);
  if (tokenizer == nullptr) return -TRITWISE_INVALID_ARGUMENT;
  if ((flags & ~uint32_t{TRITWISE_TOKENIZE_BEGIN | TRITWISE_TOKENIZE_SPECIAL}) != 0) {
    return Fail(StatusCode::kInvalidArgument, "flags: unknown to this version of the library");
  }
  std::vector<int32_t> encoded;
  const int32_t begin_id = tokenizer->vocabulary().begin_id;
  if ((flags & TRITWISE_TOKENIZE_BEGIN) != 0 && begin_id >= 0) encoded.push_back(begin_id);
  const auto rest = tokenizer->Encode({text, text_bytes}, {(flags & TRITWISE_TOKENIZE_SPECIAL) != 0});
  encoded.insert(encoded.end(), rest.begin(), rest.end());
  std::copy_n(encoded.begin(), std::min(encoded.size(), capacity), ids);
  return static_cast<int64_t>(encoded.size());
}

int64_t tritwise_detokenize(const tritwise_model* model, const int32_t* ids, size_t count, char* text,
                            size_t capacity) {
  const Tokenizer* tokenizer = TokenizerOf(model);
  if (tokenizer == nullptr) return -TRITWISE_INVALID_ARGUMENT;
  const std::string decoded = tokenizer->Decode({ids, count});
  const size_t bytes = std::min(decoded.size(), capacity);
  if (bytes != 0) std::memcpy(text, decoded.data(), bytes);
  return static_cast<int64_t>(decoded.size());
}

}  // extern "C"
