// The engine behind its queue: bounded, and awake when there is something to do.
#include "tools/serve/engine_thread.h"

#include <poll.h>

#include "tests/tools/serve/engine_fixture.h"

namespace tritwise::test {
using serve::EngineThread;
using serve::Generation;
namespace {

serve::EngineOptions Options(size_t sequences) {
  serve::EngineOptions options;
  options.sequences = sequences;
  options.plan.threads = 1;
  return options;
}

struct Rig {
  explicit Rig(size_t sequences = 2, size_t waiting = 3)
      : model(LoadTextModel()), thread(std::make_unique<EngineThread>(model, Options(sequences), waiting, wake)) {}

  serve::Job Job(serve::JobId id, int32_t tokens) const {
    Generation g;
    g.prompt = Encode(*model, "hello");
    g.max_tokens = tokens;
    return {id, g, serve::Clock::now(), serve::Clock::time_point::max()};
  }
  // Waits for the descriptor, then takes what there is.
  std::vector<serve::Event> Wait() const {
    pollfd one{wake->descriptor(), POLLIN, 0};
    REQUIRE(poll(&one, 1, 20000) == 1);
    wake->Clear();
    return thread->TakeEvents();
  }

  std::shared_ptr<const Model> model;
  std::shared_ptr<serve::WakeUp> wake = std::make_shared<serve::WakeUp>();
  std::unique_ptr<EngineThread> thread;
};

}  // namespace

TEST_CASE("events come by themselves, deltas before the end") {
  const Rig rig;
  CHECK(!rig.thread->Submit(rig.Job(7, 5)));
  std::vector<serve::Event> events;
  while (events.empty() || !events.back().last()) {
    for (serve::Event& event : rig.Wait()) events.push_back(std::move(event));
  }
  CHECK(events.size() == 6);
  for (const serve::Event& event : events) CHECK(event.job == 7);
  CHECK(rig.thread->unfinished() == 0);
}

TEST_CASE("a full queue says when to come back, and takes more once there is room") {
  const Rig rig(1, 2);
  for (serve::JobId id = 1; id <= 3; ++id) {
    serve::Job job = rig.Job(id, 50);
    std::get<Generation>(job.work).credit = 0;  // stays
    CHECK(!rig.thread->Submit(std::move(job)));
  }
  const auto later = rig.thread->Submit(rig.Job(4, 1));
  REQUIRE(later);
  CHECK(later->count() >= 10);
  CHECK(later->count() <= 60000);
  rig.thread->End(1, serve::Reason::kCancelled);
  rig.Wait();
  CHECK(!rig.thread->Submit(rig.Job(5, 1)));
}

TEST_CASE("a deadline is kept while nothing else happens") {
  const Rig rig;
  serve::Job job = rig.Job(1, 50);
  std::get<Generation>(job.work).credit = 0;
  job.deadline = serve::Clock::now() + std::chrono::milliseconds(50);
  CHECK(!rig.thread->Submit(std::move(job)));
  const auto events = rig.Wait();
  REQUIRE(events.size() == 1);
  CHECK(std::get<serve::Finished>(events[0].what).reason == serve::Reason::kDeadline);
}

TEST_CASE("an engine can be given up in the middle of its work") {
  for (int i = 0; i < 5; ++i) {
    const Rig rig;
    CHECK(!rig.thread->Submit(rig.Job(1, 80)));
    CHECK(!rig.thread->Submit(rig.Job(2, 80)));
  }
}

}  // namespace tritwise::test
