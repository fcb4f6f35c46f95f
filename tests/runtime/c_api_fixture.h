// Handles of the C API that free themselves, and what tests of it share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/runtime/fixture.h"
#include "tritwise/tritwise.h"

namespace tritwise::test {

struct CFree {
  void operator()(tritwise_model* model) const { tritwise_model_free(model); }
  void operator()(tritwise_session* session) const { tritwise_session_free(session); }
};
using CModel = std::unique_ptr<tritwise_model, CFree>;
using CSession = std::unique_ptr<tritwise_session, CFree>;

inline std::string LastError() { return tritwise_last_error(); }

inline CModel LoadC(const std::string& path) {
  CModel model(tritwise_model_load(path.c_str(), 1));
  if (model == nullptr) FAIL(tritwise_last_error());
  return model;
}

inline CSession CreateC(const CModel& model, const tritwise_session_options* options = nullptr) {
  CSession session(tritwise_session_create(model.get(), options));
  if (session == nullptr) FAIL(tritwise_last_error());
  return session;
}

// A file with a model that reads and writes text.
struct TextModel {
  explicit TextModel(bool begin = true) { WriteTextModel(path, begin); }
  TempDir folder;
  std::string path = (folder.path() / "text.trit").string();
};

// What a token callback was given.
struct Heard {
  std::vector<int32_t> tokens;
  std::string text;
  size_t stop_after = SIZE_MAX;

  static int Listen(int32_t token, const char* text, size_t bytes, void* user) {
    auto* heard = static_cast<Heard*>(user);
    if (token != TRITWISE_NO_ID) heard->tokens.push_back(token);
    heard->text.append(text, bytes);
    return heard->tokens.size() < heard->stop_after ? 1 : 0;
  }
};

inline int64_t GenerateC(const CSession& session, const std::string& prompt, int32_t max_tokens, Heard* heard) {
  return tritwise_generate(session.get(), prompt.data(), prompt.size(), max_tokens, Heard::Listen, heard);
}

}  // namespace tritwise::test
