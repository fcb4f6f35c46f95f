// An engine in a thread of its own, with a bounded queue before it and its events behind it.
//
// The thread that has the sockets submits jobs and takes events; neither ever waits for a step. A descriptor becomes
// readable when there are events, so that it can be polled with sockets.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tools/serve/engine.h"
#include "tools/serve/wake_up.h"

namespace tritwise::serve {

class EngineThread {
 public:
  // Loads nothing: `model` is there. `most_waiting`: jobs that may wait for a free sequence. Throws Error.
  EngineThread(std::shared_ptr<const Model> model, const EngineOptions& options, size_t most_waiting,
               std::shared_ptr<const WakeUp> wake);
  // Jobs that have not ended are dropped without a word.
  ~EngineThread();

  // None: accepted, and events will follow. Otherwise the queue is full, and this long is a fair time to wait.
  std::optional<std::chrono::milliseconds> Submit(Job job);
  void End(JobId job, Reason reason);
  void Grant(JobId job, int64_t deltas);
  void Hold(JobId job, bool held);

  // Everything that happened since the last call, in order.
  std::vector<Event> TakeEvents();

  // Jobs that were accepted and whose last event has not been taken.
  size_t unfinished() const;
  EngineLoad load() const;
  EngineCounts counts() const;
  const std::shared_ptr<const Model>& model() const { return model_; }

 private:
  using Command = std::function<void(Engine&)>;

  void Do(Command command);
  void Loop();
  // What a step gave, all at once: whoever waits for it is woken once, and does not take a core in the midst of it.
  void Publish();

  std::shared_ptr<const Model> model_;
  size_t most_waiting_;
  std::shared_ptr<const WakeUp> wake_;
  std::unique_ptr<Engine> engine_;  // of the thread alone
  std::vector<Event> fresh_;        // the same: not published yet

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool end_ = false;
  std::vector<Command> commands_;
  std::vector<Event> events_;
  std::unordered_map<JobId, Clock::time_point> unfinished_;  // and when each was accepted
  double mean_gap_s_ = 0.05;                                 // between the ends of jobs lately
  Clock::time_point last_end_ = {};
  EngineLoad load_;
  EngineCounts counts_;

  std::thread thread_;
};

}  // namespace tritwise::serve
