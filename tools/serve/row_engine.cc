#include "tools/serve/row_engine.h"

#include <algorithm>

#include "format/scoring.h"
#include "trainer/error_status.h"

namespace tritwise::serve {

RowEngine::RowEngine(std::shared_ptr<const Model> model, const EngineOptions& options, EmitFn emit)
    : plan_(ValueOrThrow(Plan::Make(std::move(model), options.plan))), emit_(std::move(emit)) {}

void RowEngine::End(JobId job, Reason reason) {
  if (std::erase_if(jobs_, [&](const Job& j) { return j.id == job; }) != 0) emit_({job, Finished{reason, {}}});
}

Classified RowEngine::Classify(const Classification& work) {
  const auto width = static_cast<size_t>(plan_->model()->graph().input_width);
  const std::vector<BatchRow> rows(static_cast<size_t>(plan_->options().max_rows));
  Classified result;
  for (size_t first = 0; first < work.rows; first += rows.size()) {
    const size_t count = std::min(rows.size(), work.rows - first);
    const OutputRows output = ValueOrThrow(plan_->Forward(
        {std::span(rows).first(count), std::span(work.features_bk).subspan(first * width, count * width)}));
    for (size_t i = 0; i < count; ++i) {
      result.classes.push_back(HighestScore(output.row(i)));
      result.scores.emplace_back(output.row(i).begin(), output.row(i).end());
    }
    ++counts_.steps;
    counts_.rows += count;
  }
  return result;
}

bool RowEngine::Step(Clock::time_point now) {
  while (!jobs_.empty() && jobs_.front().deadline <= now) End(jobs_.front().id, Reason::kDeadline);
  if (jobs_.empty()) return false;
  const Job job = std::move(jobs_.front());
  jobs_.pop_front();
  emit_({job.id, Classify(std::get<Classification>(job.work))});
  counts_.busy_s += std::chrono::duration<double>(Clock::now() - now).count();
  return true;
}

Clock::time_point RowEngine::NextDeadline() const {
  Clock::time_point next = Clock::time_point::max();
  for (const Job& job : jobs_) next = std::min(next, job.deadline);
  return next;
}

}  // namespace tritwise::serve
