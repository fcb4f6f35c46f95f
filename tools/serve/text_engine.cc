#include "tools/serve/text_engine.h"

#include <algorithm>
#include <utility>

#include "trainer/error_status.h"

namespace tritwise::serve {
namespace {

// Rows with output in a step that scores texts: each has a row of logits in the arena.
constexpr size_t kScoringOutputs = 16;

PlanOptions WithOutputs(const EngineOptions& options) {
  PlanOptions plan = options.plan;
  plan.max_outputs = static_cast<int32_t>(std::max(options.sequences, kScoringOutputs));
  plan.max_rows = std::max(plan.max_rows, plan.max_outputs);
  return plan;
}

size_t MostCached(const Job& job) {
  if (const auto* scoring = std::get_if<Scoring>(&job.work)) return scoring->first - 1;
  return std::get<Generation>(job.work).prompt.size() - 1;  // the last one's output is needed
}

std::span<const int32_t> IdsOf(const Job& job) {
  if (const auto* scoring = std::get_if<Scoring>(&job.work)) return scoring->ids;
  return std::get<Generation>(job.work).prompt;
}

}  // namespace

TextEngine::TextEngine(std::shared_ptr<const Model> model, const EngineOptions& options, EmitFn emit)
    : plan_(ValueOrThrow(Plan::Make(std::move(model), WithOutputs(options)))),
      options_(options),
      emit_(std::move(emit)),
      slots_(*plan_, options.sequences, options.context) {
  rows_.reserve(static_cast<size_t>(plan_->options().max_rows));
}

Sequence* TextEngine::Find(JobId job) {
  for (const auto& sequence : running_) {
    if (sequence->id() == job) return sequence.get();
  }
  return nullptr;
}

void TextEngine::End(JobId job, Reason reason) {
  if (std::erase_if(waiting_, [&](const Job& j) { return j.id == job; }) != 0) {
    return emit_({job, Finished{reason, {}}});
  }
  Sequence* sequence = Find(job);
  if (sequence == nullptr) return;
  sequence->End(reason, Clock::now(), emit_);
  Remove();
}

void TextEngine::Grant(JobId job, int64_t deltas) {
  for (Job& waiting : waiting_) {
    auto* generation = std::get_if<Generation>(&waiting.work);
    if (waiting.id == job && generation != nullptr && generation->credit != kNoLimit) generation->credit += deltas;
  }
  if (Sequence* sequence = Find(job)) sequence->Grant(deltas);
}

void TextEngine::Hold(JobId job, bool held) {
  if (Sequence* sequence = Find(job)) sequence->Hold(held);
}

void TextEngine::Expire(Clock::time_point now) {
  std::vector<JobId> late;
  for (const Job& job : waiting_) {
    if (job.deadline <= now) late.push_back(job.id);
  }
  for (const auto& sequence : running_) {
    if (sequence->deadline() <= now) late.push_back(sequence->id());
  }
  for (const JobId job : late) End(job, Reason::kDeadline);
}

const TokenBytes* TextEngine::BytesFor(const Job& job) {
  const auto* generation = std::get_if<Generation>(&job.work);
  if (generation == nullptr || !generation->json) return nullptr;
  if (!token_bytes_) token_bytes_.emplace(*plan_->model()->tokenizer());
  return &*token_bytes_;
}

void TextEngine::Admit(Clock::time_point now) {
  while (!waiting_.empty() && slots_.free() > 0) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    const JobId id = job.id;
    const auto lease = slots_.Take(IdsOf(job), MostCached(job));
    const TokenBytes* json = BytesFor(job);
    try {
      running_.push_back(std::make_unique<Sequence>(std::move(job), lease->slot, lease->cached,
                                                    plan_->model()->tokenizer(), json,
                                                    static_cast<size_t>(plan_->model()->graph().output_width()), now));
      counts_.cached_tokens += lease->cached;
    } catch (const std::exception& error) {
      slots_.Give(lease->slot);
      emit_({id, Failed{error.what()}});
    }
  }
}

void TextEngine::AddRows(Sequence& sequence, size_t rows) {
  const std::span<const int32_t> ids = sequence.ToFeed();
  const auto most_outputs = static_cast<size_t>(plan_->options().max_outputs);
  Part part{&sequence, 0, 0};
  for (; part.rows < rows; ++part.rows) {
    const bool output = sequence.NeedsOutput(part.rows);
    if (output && outputs_ == most_outputs) break;
    rows_.push_back({&slots_.session(sequence.slot()), ids[part.rows], output});
    part.outputs += output ? 1 : 0;
    outputs_ += output ? 1 : 0;
  }
  if (part.rows != 0) parts_.push_back(part);
}

void TextEngine::Fill() {
  rows_.clear();
  parts_.clear();
  outputs_ = 0;
  for (const auto& sequence : running_) {
    if (sequence->decoding()) AddRows(*sequence, sequence->Ready());
  }
  const auto most = static_cast<size_t>(plan_->options().max_rows);
  size_t left = most - rows_.size();
  if (!rows_.empty()) left = std::min(left, options_.prefill_chunk);
  for (const auto& sequence : running_) {
    if (sequence->decoding() || left == 0) continue;
    const size_t before = rows_.size();
    AddRows(*sequence, std::min(left, sequence->Ready()));
    left -= rows_.size() - before;
  }
}

void TextEngine::HandOut(const OutputRows& output) {
  const auto now = Clock::now();
  size_t row = 0;
  for (const Part& part : parts_) {
    Sequence& sequence = *part.sequence;
    const std::span<const int32_t> fed = sequence.ToFeed().first(part.rows);
    slots_.Fed(sequence.slot(), fed);
    if (!sequence.decoding()) counts_.prompt_tokens += part.rows;
    if (sequence.generates()) counts_.tokens += part.outputs;
    sequence.Fed(part.rows, now);
    const Session& session = slots_.session(sequence.slot());
    const bool full = session.position() == session.context();
    for (size_t i = 0; i < part.outputs; ++i) {
      sequence.Take(output.row(row++), full, now, emit_);
    }
  }
}

void TextEngine::Remove() {
  std::erase_if(running_, [&](const std::unique_ptr<Sequence>& sequence) {
    if (sequence->ended()) slots_.Give(sequence->slot());
    return sequence->ended();
  });
}

bool TextEngine::Step(Clock::time_point now) {
  Expire(now);
  Admit(now);
  Fill();
  if (rows_.empty()) return false;
  const Result<OutputRows> output = plan_->Forward({rows_});
  if (output.ok()) {
    HandOut(output.value());
  } else {
    for (const Part& part : parts_) {
      part.sequence->Drop();
      emit_({part.sequence->id(), Failed{output.status().message()}});
    }
  }
  ++counts_.steps;
  counts_.rows += rows_.size();
  counts_.busy_s += std::chrono::duration<double>(Clock::now() - now).count();
  Remove();
  return true;
}

Clock::time_point TextEngine::NextDeadline() const {
  Clock::time_point next = Clock::time_point::max();
  for (const Job& job : waiting_) next = std::min(next, job.deadline);
  for (const auto& sequence : running_) next = std::min(next, sequence->deadline());
  return next;
}

}  // namespace tritwise::serve
