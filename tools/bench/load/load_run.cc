#include "tools/bench/load/load_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "tools/machine/machine.h"

namespace tritwise {
namespace {

constexpr Milliseconds kLongestWait{200};  // so that progress is shown and Ctrl-C noticed
constexpr Milliseconds kLastWords{1000};   // to tell the server what is no longer wanted
constexpr int kPausingQueue = 8;           // replies

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Several sockets and files for each of many clients.
ClientOptions Shared(ClientOptions options) {
  AllowManyFiles();
  options.context = std::make_shared<zmq::context_t>();
  options.context->set(zmq::ctxopt::max_sockets, options.context->get(zmq::ctxopt::socket_limit));
  return options;
}

Reading ReadingOf(size_t client, size_t slow) {
  if (client >= slow) return Reading::kFast;
  return client % 2 == 0 ? Reading::kByCredit : Reading::kInPauses;
}

}  // namespace

LoadRun::LoadRun(ClientOptions client, const LoadOptions& options)
    : options_(options),
      client_options_(Shared(std::move(client))),
      watch_(client_options_),
      model_(watch_.Model(options.work.model)),
      workload_(options.work, model_["input_width"]) {}

void LoadRun::Begin() {
  const auto slow = static_cast<size_t>(std::lround(options_.slow * static_cast<double>(options_.clients)));
  const Milliseconds patience(static_cast<int64_t>(1e3 * options_.patience_s));
  for (size_t i = 0; i < options_.clients; ++i) {
    ClientOptions own = client_options_;
    const Reading reading = ReadingOf(i, slow);
    if (reading == Reading::kInPauses) own.receive_queue = kPausingQueue;
    clients_.push_back(std::make_unique<LoadClient>(own, reading, workload_, patience, &tally_));
    timer_of_.push_back(Time::max());
    timers_.emplace(Time::max(), i);
    free_.push_back(i);
  }
  begin_ = Clock::now();
  next_arrival_ = begin_;
  cpu_before_s_ = CpuSeconds();
  watch_.Begin(begin_);
  readiness_.Watch(clients_.size(), watch_.descriptors(), true);
}

bool LoadRun::MayBegin(Time now) const {
  if (options_.requests != 0 && planned_ == options_.requests) return false;
  return options_.seconds == 0.0 || std::chrono::duration<double>(now - begin_).count() < options_.seconds;
}

void LoadRun::BeginOn(size_t client, const PlannedRequest& request, Time arrival) {
  clients_[client]->Begin(request, arrival);
  Advance(client);
}

// Those whose time has come, as far as there are clients.
void LoadRun::Arrive(Time now) {
  if (options_.work.rate == 0.0) {
    while (!free_.empty() && MayBegin(now)) {
      const size_t client = free_.front();
      free_.pop_front();
      ++planned_;
      BeginOn(client, workload_.Next(), Clock::now());
    }
    return;
  }
  while (next_arrival_ <= now && MayBegin(next_arrival_)) {
    arrived_.emplace_back(workload_.Next(), next_arrival_);
    ++planned_;
    if (free_.size() < arrived_.size()) ++tally_.late;
    next_arrival_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(workload_.NextGap_s()));
  }
  while (!free_.empty() && !arrived_.empty()) {
    const size_t client = free_.front();
    free_.pop_front();
    const auto [request, arrival] = arrived_.front();
    arrived_.pop_front();
    BeginOn(client, request, arrival);
  }
}

LoadRun::Time LoadRun::NextArrival() const {
  return options_.work.rate != 0.0 && MayBegin(next_arrival_) ? next_arrival_ : Time::max();
}

void LoadRun::Advance(size_t i) {
  LoadClient& client = *clients_[i];
  const bool busy = !client.free();
  client.Advance();
  readiness_.Watch(i, client.descriptors(), client.listening());
  if (busy && client.free()) free_.push_back(i);
  if (const Time next = client.next(); next != timer_of_[i]) {
    timers_.erase({timer_of_[i], i});
    timers_.emplace(next, i);
    timer_of_[i] = next;
  }
}

bool LoadRun::Step() {
  auto now = Clock::now();
  Arrive(now);
  if (free_.size() == clients_.size() && arrived_.empty() && NextArrival() == Time::max() && !MayBegin(now))
    return false;
  const Time next = std::min({timers_.begin()->first, watch_.next(), NextArrival(), now + kLongestWait});
  for (const size_t i : readiness_.Wait(next - Clock::now())) {
    if (i < clients_.size()) Advance(i);
  }
  now = Clock::now();
  while (timers_.begin()->first <= now) {
    const size_t i = timers_.begin()->second;
    Advance(i);
    if (timer_of_[i] <= now) break;  // it is to wait for a moment that is over: not for ever
  }
  watch_.Advance(tally_.tokens);
  readiness_.Watch(clients_.size(), watch_.descriptors(), true);
  return true;
}

LoadResult LoadRun::End() {
  LoadResult result;
  result.seconds = Seconds();
  result.load_cpu_s = CpuSeconds() - cpu_before_s_;
  watch_.End(tally_.tokens);
  for (const auto& client : clients_) {
    client->Abandon();
    result.repetitions += client->repetitions();
  }
  const auto last = Clock::now() + kLastWords;
  const auto quiet = [](const auto& client) { return client->Flush(); };
  while (!std::all_of(clients_.begin(), clients_.end(), quiet) && Clock::now() < last) {
    std::this_thread::sleep_for(Milliseconds(5));
  }
  tally_.begun += arrived_.size();
  tally_.unfinished += arrived_.size();
  clients_.clear();
  result.model = model_;
  result.interrupted = interrupted_;
  result.server = watch_.AsJson(result.seconds);
  result.samples = watch_.samples();
  result.tally = std::move(tally_);
  return result;
}

}  // namespace tritwise
