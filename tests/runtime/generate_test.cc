// Generation: when it stops, and what is refused.
#include "tritwise/generate.h"

#include "tests/runtime/fixture.h"

namespace tritwise::test {
namespace {

std::vector<int32_t> GenerateIds(Plan& plan, Session& session, const std::vector<int32_t>& prompt, int32_t count,
                                 Generated* result, int32_t end_id = -1, size_t stop_after = SIZE_MAX) {
  std::vector<int32_t> ids;
  const OutputRows output = Must(plan.Prefill(session, prompt));
  *result = Must(Generate(plan, session, output, {count, end_id}, [&](int32_t id) {
    ids.push_back(id);
    return ids.size() < stop_after;
  }));
  return ids;
}

}  // namespace

TEST_CASE("generation stops at the number of tokens, at the end id, at the caller's word, at the context") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})));
  const auto session = MakeSession(*plan, 20);
  Generated result;
  const auto ids = GenerateIds(*plan, *session, {1, 2, 3}, 8, &result);
  CHECK((result.finish == FinishReason::kLength && result.tokens == 8 && ids.size() == 8));
  CHECK(session->position() == 3 + 7);  // the last token is not fed

  session->Reset();
  const auto until_end = GenerateIds(*plan, *session, {1, 2, 3}, 8, &result, ids[0]);
  CHECK((result.finish == FinishReason::kEnd && until_end.empty() && result.tokens == 0));

  session->Reset();
  GenerateIds(*plan, *session, {1, 2, 3}, 8, &result, -1, 2);
  CHECK((result.finish == FinishReason::kStopped && result.tokens == 2));

  session->Reset();
  GenerateIds(*plan, *session, {1, 2, 3}, 100, &result);
  CHECK((result.finish == FinishReason::kContextFull && result.tokens == 18));
  CHECK(session->position() == 20);
}

TEST_CASE("a prompt that does not fit is refused before anything is computed") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})), 4);
  const auto session = MakeSession(*plan, 20);
  CHECK(plan->Prefill(*session, RandomTokens(21, 150)).status().code() == StatusCode::kResourceExhausted);
  CHECK(session->position() == 0);
  CHECK(plan->Prefill(*session, RandomTokens(20, 150)).ok());
}

}  // namespace tritwise::test
