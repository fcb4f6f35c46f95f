// An engine over a small model with random weights, stepped by hand, and what came out of it.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

#include "tests/support/random_model.h"
#include "tools/serve/engine.h"
#include "trainer/error_status.h"

namespace tritwise::test {

struct Outcome {
  std::string text;
  std::vector<int32_t> ids;
  size_t deltas = 0;
  std::optional<serve::Finished> finished;
  std::optional<serve::Scored> scored;
  std::string failure;

  bool ended() const { return finished || scored || !failure.empty(); }
};

inline std::shared_ptr<const Model> LoadTextModel(int64_t context = 96) {
  const TempDir folder;
  const std::string path = (folder.path() / "text.trit").string();
  WriteTextModel(path, true, context);
  return ValueOrThrow(Model::Load(path));  // mapped: the file may go
}

inline std::vector<int32_t> Encode(const Model& model, const std::string& text) {
  std::vector<int32_t> ids = model.tokenizer()->Encode(text);
  ids.insert(ids.begin(), model.tokenizer()->vocabulary().begin_id);
  return ids;
}

struct EngineRun {
  explicit EngineRun(std::shared_ptr<const Model> the_model, serve::EngineOptions options = {}) : model(the_model) {
    if (options.plan.threads == 0) options.plan.threads = 1;
    engine = serve::Engine::Make(std::move(the_model), options, [this](serve::Event event) { Keep(std::move(event)); });
  }

  void Keep(serve::Event event) {
    Outcome& o = outcomes[event.job];
    REQUIRE(!o.ended());
    if (auto* delta = std::get_if<serve::Delta>(&event.what)) {
      o.text += delta->text;
      o.ids.insert(o.ids.end(), delta->ids.begin(), delta->ids.end());
      ++o.deltas;
    } else if (auto* finished = std::get_if<serve::Finished>(&event.what)) {
      o.finished = *finished;
    } else if (auto* scored = std::get_if<serve::Scored>(&event.what)) {
      o.scored = std::move(*scored);
    } else if (auto* failed = std::get_if<serve::Failed>(&event.what)) {
      o.failure = failed->message;
    }
  }

  serve::JobId Generate(const std::string& prompt, int32_t tokens, serve::Generation g = {}) {
    g.prompt = Encode(*model, prompt);
    g.max_tokens = tokens;
    return Add(std::move(g));
  }
  serve::JobId Add(serve::Work work, serve::Clock::time_point deadline = serve::Clock::time_point::max()) {
    engine->Add({++last, std::move(work), serve::Clock::now(), deadline});
    return last;
  }
  bool Step() { return engine->Step(serve::Clock::now()); }
  void RunAll() {
    for (int i = 0; Step(); ++i) REQUIRE(i < 10000);
  }
  serve::Reason reason(serve::JobId job) { return outcomes[job].finished.value().reason; }

  std::shared_ptr<const Model> model;
  std::unique_ptr<serve::Engine> engine;
  std::map<serve::JobId, Outcome> outcomes;
  serve::JobId last = 0;
};

}  // namespace tritwise::test
