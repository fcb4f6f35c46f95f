// One text under way in a text_engine.h: a prompt being read, then tokens, or a text being scored.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "format/tokenizer.h"
#include "tools/serve/job.h"
#include "tools/serve/stop_text.h"
#include "tritwise/json_text.h"

namespace tritwise::serve {

class Sequence {
 public:
  // `slot` is at position `cached` of the text. Without a tokenizer (null) there are ids and no text. Throws Error for
  // sampler options that make no sense. `json`: the vocabulary's bytes, for a text that is to be JSON.
  Sequence(Job job, size_t slot, size_t cached, const Tokenizer* tokenizer, const TokenBytes* json, size_t vocabulary,
           Clock::time_point now);

  JobId id() const { return job_.id; }
  size_t slot() const { return slot_; }
  Clock::time_point deadline() const { return job_.deadline; }
  bool generates() const { return generation_ != nullptr; }

  // What is to be fed next: what is left of the text, or the token that was drawn last.
  std::span<const int32_t> ToFeed() const;
  // Whether the prompt has been read, so that one row a step is all that is needed.
  bool decoding() const { return generates() && fed_ == ids().size(); }
  // Rows that may be fed now, at most ToFeed().size(): none that would give out something while that is not wanted.
  size_t Ready() const;
  // Whether the output of row i of ToFeed() is needed.
  bool NeedsOutput(size_t i) const;
  void Fed(size_t rows, Clock::time_point now);

  // A row of logits, in the order in which they were needed. Deltas and the end go to `emit`; after the end ended() is
  // true and nothing more is emitted. `full`: the context holds no further token.
  template <class Emit>
  void Take(std::span<const float> logits, bool full, Clock::time_point now, const Emit& emit) {
    if (generates()) {
      Generate(logits, full, now);
    } else {
      Score(logits);
    }
    EmitAll(emit);
  }
  template <class Emit>
  void End(Reason reason, Clock::time_point now, const Emit& emit) {
    Finish(reason, now);
    EmitAll(emit);
  }
  bool ended() const { return ended_; }
  // Without a word.
  void Drop() { ended_ = true; }

  void Grant(int64_t deltas);
  void Hold(bool held) { held_ = held; }

 private:
  const std::vector<int32_t>& ids() const { return generation_ ? generation_->prompt : scoring_->ids; }
  template <class Emit>
  void EmitAll(const Emit& emit) {
    for (Event& event : events_) emit(std::move(event));
    events_.clear();
  }
  bool MayGiveOut() const { return !held_ && credit_ != 0; }
  void Generate(std::span<const float> logits, bool full, Clock::time_point now);
  void Score(std::span<const float> logits);
  void GiveOut(std::string text, int32_t id);
  void Finish(Reason reason, Clock::time_point now);

  Job job_;
  const Generation* generation_;  // one of the two, in job_
  const Scoring* scoring_;
  size_t slot_;
  size_t fed_;  // of ids()
  int32_t next_ = 0;
  Sampler sampler_;
  std::optional<StreamDecoder> decoder_;
  std::optional<JsonText> json_;
  StopText stop_;
  int32_t end_id_ = -1;
  int64_t credit_ = kNoLimit;
  bool held_ = false;
  bool ended_ = false;
  Delta collected_;  // where the text does not stream
  std::vector<double> logprobs_;
  size_t scored_ = 0;
  Usage usage_;
  Clock::time_point begin_;
  Clock::time_point read_;  // when the prompt had been
  std::vector<Event> events_;
};

}  // namespace tritwise::serve
