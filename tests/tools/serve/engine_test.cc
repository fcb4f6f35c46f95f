// Many texts together: each as if it were alone, and each ends as it should.
#include "format/scoring.h"
#include "tests/runtime/fixture.h"
#include "tests/tools/serve/engine_fixture.h"
#include "tritwise/generate.h"
#include "tritwise/session.h"

namespace tritwise::test {
using serve::Generation;
using serve::Reason;
namespace {

// The ids by the library alone.
std::vector<int32_t> Greedy(const std::shared_ptr<const Model>& model, const std::string& prompt, int32_t tokens) {
  PlanOptions options;
  options.threads = 1;
  const auto plan = ValueOrThrow(Plan::Make(model, options));
  const auto session = ValueOrThrow(Session::Make(*plan, {}));
  const OutputRows output = ValueOrThrow(plan->Prefill(*session, Encode(*model, prompt)));
  std::vector<int32_t> ids;
  const GenerateOptions generate{tokens, model->tokenizer()->vocabulary().end_id};
  ValueOrThrow(tritwise::Generate(*plan, *session, output, generate, [&](int32_t id) {
    ids.push_back(id);
    return true;
  }));
  return ids;
}

serve::EngineOptions Small(size_t sequences) {
  serve::EngineOptions options;
  options.sequences = sequences;
  options.plan.max_rows = 24;
  options.prefill_chunk = 5;
  return options;
}

}  // namespace

TEST_CASE("texts together are those that each would be alone") {
  const auto model = LoadTextModel();
  const std::vector<std::string> prompts = {"hello", "h",    "a longer prompt than the others have", "", "hell",
                                            "xyz",   "hello"};
  EngineRun run(model, Small(3));
  std::vector<serve::JobId> jobs;
  for (size_t i = 0; i < prompts.size(); ++i) {
    jobs.push_back(run.Generate(prompts[i], 10 + static_cast<int32_t>(i)));
    run.Step();  // they come one after the other
  }
  run.RunAll();
  for (size_t i = 0; i < prompts.size(); ++i) {
    INFO(prompts[i]);
    CHECK(run.outcomes[jobs[i]].ids == Greedy(model, prompts[i], 10 + static_cast<int32_t>(i)));
  }
}

TEST_CASE("drawn texts depend on their seed and not on their neighbours") {
  const auto model = LoadTextModel();
  const auto draw = [&](int others) {
    EngineRun run(model, Small(4));
    for (int i = 0; i < others; ++i) run.Generate("other " + std::to_string(i), 30);
    Generation g;
    g.sampler = {2.0f, 50, 0.9f, 7};
    const serve::JobId job = run.Generate("hello", 20, g);
    run.RunAll();
    return run.outcomes[job].ids;
  };
  const auto alone = draw(0);
  CHECK(alone.size() > 1);
  CHECK(draw(3) == alone);
}

TEST_CASE("a text under way gets a token at every step while a long prompt is read") {
  const auto model = LoadTextModel();
  EngineRun run(model, Small(2));
  const serve::JobId talking = run.Generate("h", 40);
  run.Step();
  const serve::JobId reading = run.Generate(std::string(60, 'q'), 5);
  size_t steps = 0;
  for (; run.outcomes[reading].deltas == 0; ++steps) {
    const size_t before = run.outcomes[talking].ids.size();
    REQUIRE(run.Step());
    REQUIRE(run.outcomes[talking].ids.size() == before + 1);
  }
  CHECK(steps == (61 + 4) / 5);  // the chunk
}

TEST_CASE("more texts than sequences wait their turn in order") {
  const auto model = LoadTextModel();
  EngineRun run(model, Small(1));
  const serve::JobId first = run.Generate("a", 5);
  const serve::JobId second = run.Generate("b", 5);
  run.Step();
  CHECK(run.engine->load().running == 1);
  CHECK(run.engine->load().waiting == 1);
  while (!run.outcomes[first].ended()) run.Step();
  CHECK(!run.outcomes[second].ended());
  run.RunAll();
  CHECK(run.outcomes[second].finished.value().usage.queue_ms >= 0.0);
  CHECK(run.outcomes[second].ids == Greedy(model, "b", 5));
}

TEST_CASE("a text ends at its length or where the context is full") {
  const auto model = LoadTextModel();
  EngineRun run(model);
  const serve::JobId three = run.Generate("hello", 3);
  const serve::JobId full = run.Generate("hello", 1000);
  run.RunAll();
  CHECK(run.reason(three) == Reason::kLength);
  CHECK(run.outcomes[three].ids.size() == 3);
  CHECK(run.reason(full) == Reason::kContextFull);
  CHECK(run.outcomes[full].ids.size() == 96 - Encode(*model, "hello").size() + 1);
}

TEST_CASE("a stop id ends a text and is not given out") {
  const auto model = LoadTextModel();
  const auto ids = Greedy(model, "hello", 10);
  EngineRun run(model);
  Generation g;
  g.stop_ids = {ids[4]};
  const serve::JobId job = run.Generate("hello", 10, g);
  run.RunAll();
  CHECK(run.reason(job) == Reason::kEnd);
  CHECK(run.outcomes[job].ids.size() <= 4);
}

TEST_CASE("a stop text ends a text before it") {
  const auto model = LoadTextModel();
  EngineRun run(model);
  const serve::JobId whole = run.Generate("hello", 30);
  run.RunAll();
  const std::string text = run.outcomes[whole].text;
  REQUIRE(text.size() > 12);
  Generation g;
  g.stop = {text.substr(8, 3), "never in it"};
  const serve::JobId job = run.Generate("hello", 30, g);
  run.RunAll();
  CHECK(run.reason(job) == Reason::kStop);
  CHECK(run.outcomes[job].text == text.substr(0, text.find(g.stop[0])));
}

TEST_CASE("a text that does not stream comes in one piece") {
  const auto model = LoadTextModel();
  EngineRun run(model);
  Generation g;
  g.stream = false;
  const serve::JobId once = run.Generate("hello", 12, g);
  const serve::JobId streamed = run.Generate("hello", 12);
  run.RunAll();
  CHECK(run.outcomes[once].deltas == 1);
  CHECK(run.outcomes[once].text == run.outcomes[streamed].text);
  CHECK(run.outcomes[once].ids == run.outcomes[streamed].ids);
}

TEST_CASE("credit holds one text back and no other") {
  const auto model = LoadTextModel();
  EngineRun run(model, Small(2));
  Generation g;
  g.credit = 2;
  const serve::JobId slow = run.Generate("hello", 10, g);
  const serve::JobId fast = run.Generate("hello", 10);
  run.RunAll();
  CHECK(run.outcomes[fast].ended());
  CHECK(run.outcomes[slow].deltas == 2);
  CHECK(!run.outcomes[slow].ended());
  run.engine->Grant(slow, 3);
  run.RunAll();
  CHECK(run.outcomes[slow].deltas == 5);
  run.engine->Grant(slow, 100);
  run.RunAll();
  CHECK(run.outcomes[slow].ids == run.outcomes[fast].ids);
}

TEST_CASE("without any credit nothing is computed beyond the prompt") {
  const auto model = LoadTextModel();
  EngineRun run(model, Small(1));
  Generation g;
  g.credit = 0;
  const serve::JobId job = run.Generate("hello", 4, g);
  run.RunAll();
  CHECK(run.outcomes[job].deltas == 0);
  run.engine->Grant(job, 4);
  run.RunAll();
  CHECK(run.outcomes[job].ids == Greedy(model, "hello", 4));
}

TEST_CASE("a text that is held goes on where it stopped") {
  const auto model = LoadTextModel();
  EngineRun run(model);
  const serve::JobId job = run.Generate("hello", 10);
  for (int i = 0; i < 3; ++i) run.Step();
  run.engine->Hold(job, true);
  CHECK(!run.Step());
  run.engine->Hold(job, false);
  run.RunAll();
  CHECK(run.outcomes[job].ids == Greedy(model, "hello", 10));
}

TEST_CASE("a cancelled text ends at once, waiting or running, and its sequence is free") {
  const auto model = LoadTextModel();
  EngineRun run(model, Small(1));
  const serve::JobId running = run.Generate("hello", 50);
  const serve::JobId waiting = run.Generate("hello", 50);
  for (int i = 0; i < 5; ++i) run.Step();
  run.engine->End(waiting, Reason::kCancelled);
  run.engine->End(running, Reason::kCancelled);
  CHECK(run.reason(running) == Reason::kCancelled);
  CHECK(run.reason(waiting) == Reason::kCancelled);
  CHECK(run.outcomes[running].ids.size() < 50);
  CHECK(run.engine->load().running == 0);
  run.engine->End(running, Reason::kCancelled);  // nothing happens
  const serve::JobId next = run.Generate("hello", 5);
  run.RunAll();
  CHECK(run.outcomes[next].ids == Greedy(model, "hello", 5));
}

TEST_CASE("what is not done by its deadline ends with what there is") {
  const auto model = LoadTextModel();
  EngineRun run(model, Small(1));
  Generation g;
  g.prompt = Encode(*model, "hello");
  g.max_tokens = 50;
  const auto soon = serve::Clock::now() + std::chrono::hours(1);
  const serve::JobId running = run.Add(g, soon);
  const serve::JobId waiting = run.Add(g, soon);
  run.Step();
  CHECK(run.engine->NextDeadline() == soon);
  run.engine->Step(soon);
  CHECK(run.reason(running) == Reason::kDeadline);
  CHECK(run.reason(waiting) == Reason::kDeadline);
  CHECK(run.outcomes[running].ids.size() == 1);
}

TEST_CASE("a text that begins as another did computes only the rest") {
  const auto model = LoadTextModel();
  const std::string common = "the same beginning of all of these texts ";
  const size_t tokens = Encode(*model, common).size() - 2;  // the last ones may join with what follows
  EngineRun run(model, Small(3));
  const serve::JobId first = run.Generate(common + "one", 8);
  for (int i = 0; i < 10; ++i) run.Step();  // still running
  const serve::JobId second = run.Generate(common + "two", 8);
  run.RunAll();
  const serve::JobId third = run.Generate(common + "three", 8);
  run.RunAll();
  CHECK(run.outcomes[first].finished.value().usage.cached_tokens == 0);
  CHECK(run.outcomes[second].finished.value().usage.cached_tokens >= tokens);
  CHECK(run.outcomes[third].finished.value().usage.cached_tokens >= tokens);
  CHECK(run.outcomes[second].ids == Greedy(model, common + "two", 8));
  CHECK(run.outcomes[third].ids == Greedy(model, common + "three", 8));
  CHECK(run.engine->counts().cached_tokens >= 2 * tokens);
}

TEST_CASE("the same prompt again computes its last token only") {
  const auto model = LoadTextModel();
  EngineRun run(model, Small(1));
  const serve::JobId first = run.Generate("hello", 8);
  run.RunAll();
  const serve::JobId again = run.Generate("hello", 8);
  run.RunAll();
  CHECK(run.outcomes[again].finished.value().usage.cached_tokens == Encode(*model, "hello").size() - 1);
  CHECK(run.outcomes[again].ids == run.outcomes[first].ids);
}

TEST_CASE("scores are the log-probabilities of the model") {
  const auto model = LoadTextModel();
  const std::vector<int32_t> ids = Encode(*model, "hello, this text has more tokens than the batch has outputs");
  PlanOptions options;
  options.threads = 1;
  const auto plan = ValueOrThrow(Plan::Make(model, options));
  const auto session = ValueOrThrow(Session::Make(*plan, {}));
  std::vector<double> expected;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    const BatchRow row{session.get(), ids[i], true};
    const OutputRows output = ValueOrThrow(plan->Forward({std::span(&row, 1)}));
    expected.push_back(-NegativeLogLikelihood(output.row(0), static_cast<size_t>(ids[i + 1])));
  }
  EngineRun run(model, Small(2));
  run.Generate("somebody else", 30);
  const serve::JobId all = run.Add(serve::Scoring{ids, 1});
  const serve::JobId end = run.Add(serve::Scoring{ids, 30});
  run.RunAll();
  CHECK(run.outcomes[all].scored.value().logprobs == expected);
  CHECK(run.outcomes[end].scored.value().logprobs == std::vector<double>(expected.begin() + 29, expected.end()));
}

TEST_CASE("a model without a vocabulary gives ids") {
  const auto model = RandomModel(MakeDecoder({}));
  EngineRun run(model);
  Generation g;
  g.prompt = {1, 2, 3};
  g.max_tokens = 5;
  const serve::JobId job = run.Add(g);
  run.RunAll();
  CHECK(run.outcomes[job].ids.size() == 5);
  CHECK(run.outcomes[job].text.empty());
}

TEST_CASE("an engine without work says so and has no deadline") {
  EngineRun run(LoadTextModel());
  CHECK(!run.Step());
  CHECK(run.engine->NextDeadline() == serve::Clock::time_point::max());
}

TEST_CASE("rows of features are classified, however many there are") {
  const auto model = RandomModel(MakeMlp());
  serve::EngineOptions options;
  options.plan.max_rows = 4;
  options.plan.threads = 1;
  std::vector<serve::Classified> results;
  const auto engine = serve::Engine::Make(
      model, options, [&](serve::Event event) { results.push_back(std::get<serve::Classified>(event.what)); });
  const auto width = static_cast<size_t>(model->graph().input_width);
  std::vector<float> features(11 * width);
  for (size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(i % 17) / 17.0f;
  engine->Add({1, serve::Classification{features, 11}, {}, serve::Clock::time_point::max()});
  CHECK(engine->Step(serve::Clock::now()));
  REQUIRE(results.size() == 1);
  REQUIRE(results[0].classes.size() == 11);
  const auto plan = ValueOrThrow(Plan::Make(model, options.plan));
  for (size_t i = 0; i < 11; ++i) {
    const BatchRow row;
    const OutputRows output =
        ValueOrThrow(plan->Forward({std::span(&row, 1), std::span(features).subspan(i * width, width)}));
    CHECK(results[0].scores[i] == std::vector<float>(output.row(0).begin(), output.row(0).end()));
    CHECK(results[0].classes[i] == HighestScore(output.row(0)));
  }
}

}  // namespace tritwise::test
