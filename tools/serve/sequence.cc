#include "tools/serve/sequence.h"

#include <algorithm>
#include <utility>

#include "format/scoring.h"
#include "trainer/error_status.h"

namespace tritwise::serve {
namespace {

SamplerOptions OptionsOf(const Work& work) {
  const auto* generation = std::get_if<Generation>(&work);
  return generation == nullptr ? SamplerOptions{} : generation->sampler;
}

std::vector<std::string> StopsOf(const Work& work) {
  const auto* generation = std::get_if<Generation>(&work);
  return generation == nullptr ? std::vector<std::string>() : generation->stop;
}

}  // namespace

Sequence::Sequence(Job job, size_t slot, size_t cached, const Tokenizer* tokenizer, const TokenBytes* json,
                   size_t vocabulary, Clock::time_point now)
    : job_(std::move(job)),
      generation_(std::get_if<Generation>(&job_.work)),
      scoring_(std::get_if<Scoring>(&job_.work)),
      slot_(slot),
      fed_(cached),
      sampler_(ValueOrThrow(Sampler::Make(OptionsOf(job_.work), static_cast<int64_t>(vocabulary)))),
      stop_(StopsOf(job_.work)),
      begin_(now),
      read_(now) {
  if (tokenizer != nullptr) {
    decoder_.emplace(*tokenizer);
    end_id_ = tokenizer->vocabulary().end_id;
  }
  if (json != nullptr && generation_ != nullptr) {
    std::vector<int32_t> end_ids = generation_->stop_ids;
    if (end_id_ >= 0) end_ids.push_back(end_id_);
    json_.emplace(*tokenizer, *json, std::move(end_ids));
  }
  if (generation_ != nullptr) credit_ = generation_->stream ? generation_->credit : kNoLimit;
  usage_.prompt_tokens = ids().size();
  usage_.cached_tokens = cached;
  usage_.queue_ms = Milliseconds(now - job_.arrived);
}

std::span<const int32_t> Sequence::ToFeed() const {
  if (decoding()) return {&next_, 1};
  // The last id of a text that is scored has nothing behind it.
  return std::span(ids()).subspan(fed_, ids().size() - (generates() ? 0 : 1) - fed_);
}

size_t Sequence::Ready() const {
  const size_t all = ToFeed().size();
  return generates() && !MayGiveOut() ? all - 1 : all;
}

bool Sequence::NeedsOutput(size_t i) const {
  if (generates()) return i + 1 == ToFeed().size();
  return fed_ + i + 1 >= scoring_->first;
}

void Sequence::Fed(size_t rows, Clock::time_point now) {
  if (decoding()) return;
  fed_ += rows;
  if (decoding()) {
    read_ = now;
    usage_.prefill_ms = Milliseconds(now - begin_);
  }
}

void Sequence::Grant(int64_t deltas) {
  if (credit_ != kNoLimit) credit_ += deltas;
}

void Sequence::GiveOut(std::string text, int32_t id) {
  if (!generation_->stream) {
    collected_.text += text;
    collected_.ids.push_back(id);
    return;
  }
  if (credit_ > 0) --credit_;
  events_.push_back({job_.id, Delta{std::move(text), {id}}});
}

void Sequence::Generate(std::span<const float> logits, bool full, Clock::time_point now) {
  if (json_) {
    logits = json_->Mask(logits);
    if (logits.empty()) {
      if (json_->complete()) return Finish(Reason::kEnd, now);
      events_.push_back({job_.id, Failed{"the vocabulary lacks what this JSON text must go on with"}});
      ended_ = true;
      return;
    }
  }
  const int32_t token = sampler_.Sample(logits);
  const auto& stop_ids = generation_->stop_ids;
  if (token == end_id_ || std::find(stop_ids.begin(), stop_ids.end(), token) != stop_ids.end()) {
    return Finish(Reason::kEnd, now);
  }
  ++usage_.tokens;
  next_ = token;
  GiveOut(decoder_ ? stop_.Push(decoder_->Push(token)) : std::string(), token);
  if (json_) json_->Advance(token);
  if (json_ && json_->must_end()) return Finish(Reason::kEnd, now);
  if (stop_.stopped()) return Finish(Reason::kStop, now);
  if (usage_.tokens == static_cast<size_t>(generation_->max_tokens)) return Finish(Reason::kLength, now);
  if (full) Finish(Reason::kContextFull, now);
}

void Sequence::Score(std::span<const float> logits) {
  const size_t target = scoring_->first + scored_++;
  logprobs_.push_back(-NegativeLogLikelihood(logits, static_cast<size_t>(scoring_->ids[target])));
  if (target + 1 == scoring_->ids.size()) {
    events_.push_back({job_.id, Scored{std::move(logprobs_)}});
    ended_ = true;
  }
}

void Sequence::Finish(Reason reason, Clock::time_point now) {
  if (generates()) {
    if (decoder_) collected_.text += stop_.Push(decoder_->Finish());
    collected_.text += stop_.Finish();
    if (!collected_.text.empty() || !collected_.ids.empty()) events_.push_back({job_.id, std::move(collected_)});
    if (decoding()) usage_.decode_ms = Milliseconds(now - read_);
  }
  events_.push_back({job_.id, Finished{reason, usage_}});
  ended_ = true;
}

}  // namespace tritwise::serve
