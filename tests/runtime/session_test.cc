// What a forward pass refuses, and that refusing changes nothing.
#include "tests/runtime/fixture.h"

namespace tritwise::test {
namespace {

StatusCode CodeOf(Plan& plan, std::vector<BatchRow> rows, std::span<const float> features = {}) {
  const auto result = plan.Forward({rows, features});
  return result.status().code();
}

}  // namespace

TEST_CASE("a full context is a status and leaves the session usable") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})), 16);
  const auto session = MakeSession(*plan, 10);
  const auto tokens = RandomTokens(10, 150);
  const Logits expected = AllLogits(*plan, *session, tokens, 10);
  CHECK(CodeOf(*plan, {{session.get(), 1, true}}) == StatusCode::kResourceExhausted);
  CHECK(session->position() == 10);
  REQUIRE(session->Truncate(9).ok());
  // One row fits, two do not, and then none of the two is computed.
  CHECK(CodeOf(*plan, {{session.get(), 1, true}, {session.get(), 2, true}}) == StatusCode::kResourceExhausted);
  CHECK(session->position() == 9);
  CHECK(SameBits(AllLogits(*plan, *session, std::span(tokens).last(1), 1), {expected.back()}));
}

TEST_CASE("an unknown token id is a status and no row of the batch is computed") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})), 16);
  const auto session = MakeSession(*plan);
  for (const int32_t token : {-1, 150, INT32_MAX, INT32_MIN}) {
    CHECK(CodeOf(*plan, {{session.get(), 3, true}, {session.get(), token, true}}) == StatusCode::kInvalidArgument);
    CHECK(session->position() == 0);
    CHECK(plan->Prefill(*session, std::vector<int32_t>{3, token}).status().code() == StatusCode::kInvalidArgument);
    CHECK(session->position() == 0);
  }
}

TEST_CASE("batches that are empty, too long or want too much output are refused") {
  const auto plan = Must(Plan::Make(RandomModel(MakeDecoder({})), {8, 2, 1, "", {}}));
  const auto session = MakeSession(*plan);
  CHECK(CodeOf(*plan, {}) == StatusCode::kInvalidArgument);
  CHECK(CodeOf(*plan, std::vector<BatchRow>(9, {session.get(), 1, false})) == StatusCode::kInvalidArgument);
  CHECK(CodeOf(*plan, std::vector<BatchRow>(3, {session.get(), 1, true})) == StatusCode::kInvalidArgument);
  CHECK(session->position() == 0);
  CHECK(CodeOf(*plan, std::vector<BatchRow>(8, {session.get(), 1, false})) == StatusCode::kOk);
  CHECK(plan->Prefill(*session, {}).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("rows need a session of the same model and cache format") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto plan = MakePlan(model);
  const auto other = MakePlan(RandomModel(MakeDecoder({})));
  const auto f32 = Must(Plan::Make(model, {16, 0, 1, "", Storage::kF32}));
  const auto foreign = MakeSession(*other);
  const auto wide = MakeSession(*f32);
  CHECK(CodeOf(*plan, {{nullptr, 1, true}}) == StatusCode::kInvalidArgument);
  CHECK(CodeOf(*plan, {{foreign.get(), 1, true}}) == StatusCode::kInvalidArgument);
  CHECK(CodeOf(*plan, {{wide.get(), 1, true}}) == StatusCode::kInvalidArgument);
}

TEST_CASE("a session may be used with another plan of the same model") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto tokens = RandomTokens(50, 150);
  const auto long_chunks = MakePlan(model, 64);
  const auto single = MakePlan(model, 1, 2);
  const Logits expected = AllLogits(*long_chunks, *MakeSession(*long_chunks), tokens, 64);
  const auto session = MakeSession(*long_chunks);
  AllLogits(*long_chunks, *session, std::span(tokens).first(49), 64);
  CHECK(SameBits(AllLogits(*single, *session, std::span(tokens).last(1), 1), {expected.back()}));
}

TEST_CASE("features of the wrong number are refused") {
  const auto plan = MakePlan(RandomModel(MakeMlp()), 4);
  const std::vector<float> features(2 * 50 + 1);
  CHECK(CodeOf(*plan, std::vector<BatchRow>(2), features) == StatusCode::kInvalidArgument);
  CHECK(CodeOf(*plan, std::vector<BatchRow>(2)) == StatusCode::kInvalidArgument);
  CHECK(CodeOf(*plan, std::vector<BatchRow>(2), std::span(features).first(100)) == StatusCode::kOk);
}

TEST_CASE("sessions are refused beyond the model's context and where rows are independent") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})));
  CHECK(Session::Make(*plan, {97, {}}).status().code() == StatusCode::kInvalidArgument);
  CHECK(Session::Make(*plan, {-1, {}}).status().code() == StatusCode::kInvalidArgument);
  CHECK(MakeSession(*plan)->context() == 96);
  const auto mlp = MakePlan(RandomModel(MakeMlp()));
  CHECK(Session::Make(*mlp, {}).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("a cache that no memory holds is a status") {
  DecoderOptions o;
  o.config.heads = 2;
  o.config.kv_heads = 2;
  o.config.head_size = 512;
  o.config.layers = 40;
  o.context = (int64_t{1} << 31) - 1;  // 320 TiB
  const auto plan = MakePlan(RandomModel(MakeDecoder(o)), 1);
  CHECK(Session::Make(*plan, {}).status().code() == StatusCode::kResourceExhausted);
}

TEST_CASE("truncating forward or before the beginning is refused") {
  const auto plan = MakePlan(RandomModel(MakeDecoder({})));
  const auto session = MakeSession(*plan);
  AllLogits(*plan, *session, RandomTokens(5, 150), 5);
  CHECK_FALSE(session->Truncate(6).ok());
  CHECK_FALSE(session->Truncate(-1).ok());
  CHECK(session->Truncate(5).ok());
}

TEST_CASE("the cache has the size that was said") {
  const Graph graph = MakeDecoder({});
  const auto plan = MakePlan(RandomModel(graph));
  for (const int64_t context : {1, 33, 96}) {
    CHECK(MakeSession(*plan, context)->cache_bytes() == CacheBytes(graph, plan->options(), context));
  }
  // 3 layers, keys and values, 2 heads of 12, f16: each head's positions fill whole cache lines.
  CHECK(CacheBytes(graph, plan->options(), 96) == 3u * 2 * 2 * 12 * 2 * 96);
  PlanOptions bytes = plan->options();
  bytes.cache = Storage::kI8;  // and an f32 scale for each position of a head
  CHECK(CacheBytes(graph, bytes, 96) == 3u * 2 * 2 * (12 + 4) * 96);
}

}  // namespace tritwise::test
