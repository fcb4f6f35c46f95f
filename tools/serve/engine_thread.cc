#include "tools/serve/engine_thread.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tritwise::serve {

EngineThread::EngineThread(std::shared_ptr<const Model> model, const EngineOptions& options, size_t most_waiting,
                           std::shared_ptr<const WakeUp> wake)
    : model_(std::move(model)),
      most_waiting_(most_waiting),
      wake_(std::move(wake)),
      engine_(Engine::Make(model_, options, [this](Event event) { fresh_.push_back(std::move(event)); })),
      load_(engine_->load()) {
  thread_ = std::thread([this] { Loop(); });
}

EngineThread::~EngineThread() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    end_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void EngineThread::Do(Command command) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    commands_.push_back(std::move(command));
  }
  changed_.notify_one();
}

std::optional<std::chrono::milliseconds> EngineThread::Submit(Job job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (unfinished_.size() >= load_.sequences + most_waiting_) {
      // Half of the queue: whoever comes back then finds room for himself and for others who were sent away.
      const double ahead = 1.0 + 0.5 * static_cast<double>(most_waiting_);
      return std::chrono::milliseconds(static_cast<int64_t>(std::clamp(1e3 * ahead * mean_gap_s_, 10.0, 60e3)));
    }
    unfinished_[job.id] = job.arrived;
  }
  Do([moved = std::make_shared<Job>(std::move(job))](Engine& engine) { engine.Add(std::move(*moved)); });
  return std::nullopt;
}

void EngineThread::End(JobId job, Reason reason) {
  Do([job, reason](Engine& engine) { engine.End(job, reason); });
}
void EngineThread::Grant(JobId job, int64_t deltas) {
  Do([job, deltas](Engine& engine) { engine.Grant(job, deltas); });
}
void EngineThread::Hold(JobId job, bool held) {
  Do([job, held](Engine& engine) { engine.Hold(job, held); });
}

void EngineThread::Publish() {
  bool first = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    load_ = engine_->load();
    counts_ = engine_->counts();
    first = events_.empty() && !fresh_.empty();
    events_.insert(events_.end(), std::make_move_iterator(fresh_.begin()), std::make_move_iterator(fresh_.end()));
  }
  fresh_.clear();
  if (first) wake_->Set();
}

std::vector<Event> EngineThread::TakeEvents() {
  constexpr double kNewest = 0.1;  // share of the last job in the mean
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const Event& event : events_) {
    const auto job = event.last() ? unfinished_.find(event.job) : unfinished_.end();
    if (job == unfinished_.end()) continue;
    // From one end to the next, or from its arrival where nothing was under way before.
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - std::max(job->second, last_end_)).count();
    mean_gap_s_ += kNewest * (seconds - mean_gap_s_);
    last_end_ = now;
    unfinished_.erase(job);
  }
  return std::exchange(events_, {});
}

size_t EngineThread::unfinished() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return unfinished_.size();
}
EngineLoad EngineThread::load() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return load_;
}
EngineCounts EngineThread::counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

void EngineThread::Loop() {
  std::vector<Command> commands;
  bool computed = true;
  for (;;) {
    Publish();
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!computed) {
        const auto ready = [this] { return end_ || !commands_.empty(); };
        const auto deadline = engine_->NextDeadline();
        if (deadline == Clock::time_point::max()) {
          changed_.wait(lock, ready);
        } else {
          changed_.wait_until(lock, deadline, ready);
        }
      }
      if (end_) return;
      commands.swap(commands_);
    }
    for (const Command& command : commands) command(*engine_);
    commands.clear();
    computed = engine_->Step(Clock::now());
  }
}

}  // namespace tritwise::serve
