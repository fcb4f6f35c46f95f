// The result for a row does not depend, to the bit, on how it came to be computed.
#include "kernels/kernels.h"
#include "tests/runtime/fixture.h"

namespace tritwise::test {
namespace {

constexpr size_t kTokens = 90;

Logits WholeSequence(const std::shared_ptr<const Model>& model, std::span<const int32_t> tokens, int32_t threads,
                     const std::string& target = {}) {
  const auto plan = MakePlan(model, 128, threads, target);
  const auto session = MakeSession(*plan);
  return AllLogits(*plan, *session, tokens, tokens.size());
}

Graph WideDecoder() {  // wide enough that its operations are shared out among threads
  DecoderOptions o;
  o.config.width = 320;
  o.config.head_size = 32;
  o.config.feed_forward = 700;
  o.config.layers = 2;
  return MakeDecoder(o);
}

}  // namespace

TEST_CASE("chunks of any length give the same logits") {
  for (const Storage ternary : {Storage::kT2, Storage::kT5, Storage::kLut}) {
    DecoderOptions o;
    o.linear.ternary = ternary;
    const auto model = RandomModel(MakeDecoder(o));
    const auto tokens = RandomTokens(kTokens, 150);
    const Logits expected = WholeSequence(model, tokens, 1);
    const auto plan = MakePlan(model, 96);
    for (const size_t chunk : {1u, 2u, 3u, 7u, 16u, 63u, 64u, 65u, 89u}) {
      const auto session = MakeSession(*plan);
      CHECK(SameBits(AllLogits(*plan, *session, tokens, chunk), expected));
    }
  }
}

TEST_CASE("chunks of any length give the same logits with every cache and grouping of heads") {
  for (const Storage cache : {Storage::kI8, Storage::kF16, Storage::kF32}) {
    for (const int64_t heads : {1, 2, 4, 6, 20}) {
      DecoderOptions o;
      o.config.cache = cache;
      o.config.head_size = 8;
      o.config.heads = heads;
      o.config.kv_heads = heads % 2 == 0 ? 2 : 1;
      o.config.layers = 1;
      const auto model = RandomModel(MakeDecoder(o));
      const auto tokens = RandomTokens(kTokens, 150);
      const Logits expected = WholeSequence(model, tokens, 1);
      const auto plan = MakePlan(model, 96, 3);
      for (const size_t chunk : {1u, 5u, 33u}) {
        CHECK(SameBits(AllLogits(*plan, *MakeSession(*plan), tokens, chunk), expected));
      }
    }
  }
}

TEST_CASE("any number of threads gives the same logits") {
  const auto model = RandomModel(WideDecoder());
  const auto tokens = RandomTokens(kTokens, 150);
  const Logits expected = WholeSequence(model, tokens, 1);
  for (const int32_t threads : {2, 3, 5}) {
    CHECK(SameBits(WholeSequence(model, tokens, threads), expected));
    const auto plan = MakePlan(model, 16, threads);
    CHECK(SameBits(AllLogits(*plan, *MakeSession(*plan), tokens, 1), expected));
  }
}

TEST_CASE("heads with scales of groups give the same logits for any chunk and number of threads") {
  for (const Storage storage : kGroupedStorages) {
    const auto model = RandomModel(MakeGroupedDecoder(storage));
    const auto tokens = RandomTokens(60, 150);
    const Logits expected = WholeSequence(model, tokens, 1);
    for (const int32_t threads : {1, 2, 5}) {
      const auto plan = MakePlan(model, 16, threads);
      for (const size_t chunk : {1u, 2u, 3u, 7u, 16u}) {
        CHECK(SameBits(AllLogits(*plan, *MakeSession(*plan), tokens, chunk), expected));
      }
    }
  }
}

TEST_CASE("targets with fused multiply-add give the same logits") {
  std::vector<Graph> graphs = {MakeDecoder({})};
  for (const Storage storage : kGroupedStorages) graphs.push_back(MakeGroupedDecoder(storage));
  for (const Graph& graph : graphs) {
    const auto model = RandomModel(graph);
    const auto tokens = RandomTokens(kTokens, 150);
    Logits expected;
    for (const std::string& target : kernels::SupportedTargets()) {
      const Logits got = WholeSequence(model, tokens, 1, target);
      REQUIRE(got.size() == kTokens);
      if (!Must(kernels::ResolveKernels(target)).fused) continue;
      if (expected.empty()) expected = got;
      CHECK(SameBits(got, expected));
    }
  }
}

TEST_CASE("sequences that share batches do not change each other") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto plan = MakePlan(model, 16);
  std::vector<std::vector<int32_t>> tokens;
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<Logits> expected, got(5);
  for (uint32_t s = 0; s < 5; ++s) {
    tokens.push_back(RandomTokens(20 + 11 * s, 150, s));
    expected.push_back(AllLogits(*plan, *MakeSession(*plan), tokens.back(), 16));
    sessions.push_back(MakeSession(*plan));
  }
  // Batches of random rows: each takes the next token of any sequence that has one.
  std::mt19937 random(5);
  std::vector<size_t> next(5);
  for (;;) {
    std::vector<BatchRow> rows;
    std::vector<size_t> owner;
    for (int tries = 0; tries < 40 && rows.size() < 16; ++tries) {
      const size_t s = random() % 5;
      if (next[s] == tokens[s].size()) continue;
      rows.push_back({sessions[s].get(), tokens[s][next[s]++], true});
      owner.push_back(s);
    }
    if (rows.empty()) break;
    const Logits logits = CopyRows(Must(plan->Forward({rows})));
    for (size_t i = 0; i < rows.size(); ++i) got[owner[i]].push_back(logits[i]);
  }
  for (size_t s = 0; s < 5; ++s) CHECK(SameBits(got[s], expected[s]));
}

TEST_CASE("rows that want no output do not change those that do") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto tokens = RandomTokens(kTokens, 150);
  const Logits expected = WholeSequence(model, tokens, 1);
  const auto plan = MakePlan(model, 30);
  const auto session = MakeSession(*plan);
  std::mt19937 random(9);
  for (size_t begin = 0; begin < kTokens; begin += 30) {
    std::vector<BatchRow> rows;
    Logits wanted;
    for (size_t i = begin; i < begin + 30; ++i) {
      rows.push_back({session.get(), tokens[i], begin != 30 && random() % 3 == 0});
      if (rows.back().wants_output) wanted.push_back(expected[i]);
    }
    CHECK(SameBits(CopyRows(Must(plan->Forward({rows}))), wanted));
  }
}

TEST_CASE("prefill gives the last token's logits whatever the chunk") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto tokens = RandomTokens(kTokens, 150);
  const Logits expected = WholeSequence(model, tokens, 1);
  for (const int32_t max_rows : {1, 7, 64, 128}) {
    const auto plan = Must(Plan::Make(model, {max_rows, 1, 1, "", {}}));
    const auto session = MakeSession(*plan);
    CHECK(SameBits(Copy(Must(plan->Prefill(*session, tokens)).row(0)), expected.back()));
    CHECK(session->position() == static_cast<int64_t>(kTokens));
  }
}

TEST_CASE("scores of a row of features do not depend on the other rows") {
  const auto model = RandomModel(MakeMlp());
  const auto plan = MakePlan(model, 8);
  std::vector<float> features(8 * 50);
  for (size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(i % 17) / 17.0f;
  std::vector<BatchRow> rows(8);
  const Logits all = CopyRows(Must(plan->Forward({rows, features})));
  for (size_t i = 0; i < 8; ++i) {
    const std::span<const float> one = std::span(features).subspan(i * 50, 50);
    CHECK(SameBits(Copy(Must(plan->Forward({std::span(rows).first(1), one})).row(0)), all[i]));
  }
  rows[0].wants_output = rows[3].wants_output = false;
  const Logits some = CopyRows(Must(plan->Forward({rows, features})));
  CHECK(SameBits(some, {all[1], all[2], all[4], all[5], all[6], all[7]}));
}

TEST_CASE("a session that takes the beginning of another goes on as if it had computed it") {
  for (const Storage cache : {Storage::kI8, Storage::kF16, Storage::kF32}) {
    DecoderOptions o;
    o.config.cache = cache;
    const auto model = RandomModel(MakeDecoder(o));
    const auto tokens = RandomTokens(kTokens, 150);
    const Logits expected = WholeSequence(model, tokens, 1);
    const auto plan = MakePlan(model, 96);
    const auto first = MakeSession(*plan);
    AllLogits(*plan, *first, std::span(tokens).first(70), 70);
    for (const int64_t shared : {0, 1, 63, 64, 65, 70}) {
      const auto second = MakeSession(*plan, shared + 20);  // another context: heads lie elsewhere
      REQUIRE(second->CopyPrefix(*first, shared).ok());
      CHECK(second->position() == shared);
      const auto begin = static_cast<size_t>(shared);
      const Logits rest = AllLogits(*plan, *second, std::span(tokens).subspan(begin, 20), 20);
      const auto from = expected.begin() + static_cast<ptrdiff_t>(shared);
      CHECK(SameBits(rest, Logits(from, from + 20)));
    }
  }
}

TEST_CASE("taking the beginning of a session is refused where that makes no sense") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto plan = MakePlan(model, 16);
  const auto first = MakeSession(*plan);
  AllLogits(*plan, *first, RandomTokens(10, 150), 10);
  const auto small = MakeSession(*plan, 5);
  CHECK(small->CopyPrefix(*first, 6).code() == StatusCode::kResourceExhausted);
  CHECK(small->CopyPrefix(*first, 11).code() == StatusCode::kInvalidArgument);
  CHECK(small->CopyPrefix(*first, -1).code() == StatusCode::kInvalidArgument);
  CHECK(small->position() == 0);
  const auto other_plan = MakePlan(RandomModel(MakeDecoder({})), 16);
  CHECK(MakeSession(*other_plan)->CopyPrefix(*first, 3).code() == StatusCode::kInvalidArgument);
}

TEST_CASE("truncating a session and going on equals a fresh one") {
  const auto model = RandomModel(MakeDecoder({}));
  const auto plan = MakePlan(model, 32);
  const auto tokens = RandomTokens(80, 150);
  const auto other = RandomTokens(80, 150, 99);
  const auto session = MakeSession(*plan);
  AllLogits(*plan, *session, other, 32);
  REQUIRE(session->Truncate(0).ok());
  const Logits expected = AllLogits(*plan, *MakeSession(*plan), tokens, 32);
  CHECK(SameBits(AllLogits(*plan, *session, tokens, 32), expected));
  REQUIRE(session->Truncate(37).ok());
  const Logits rest = AllLogits(*plan, *session, std::span(tokens).subspan(37), 5);
  CHECK(SameBits(rest, Logits(expected.begin() + 37, expected.end())));
}

}  // namespace tritwise::test
