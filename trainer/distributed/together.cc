#include "trainer/distributed/together.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "trainer/error.h"

namespace tritwise {

void Patience::Pause() {
  constexpr int64_t kAwake = 50;
  if (looks_++ < kAwake) return std::this_thread::yield();
  const int64_t sleep_us = std::min<int64_t>(most_us_, 20 + (looks_ - kAwake) / 4);
  std::this_thread::sleep_for(std::chrono::microseconds(sleep_us));
}

void WaitFor(RankRequest& request) {
  Patience patience;
  while (!request.Done()) patience.Pause();
}

void SumOverRanks(Communicator& ranks, std::span<double> values) {
  const auto request = ranks.Sum(values);
  WaitFor(*request);
}

bool AnyRank(Communicator& ranks, bool flag) {
  double sum = flag ? 1.0 : 0.0;
  SumOverRanks(ranks, {&sum, 1});
  return sum > 0.0;
}

void WaitForAll(Communicator& ranks) { AnyRank(ranks, false); }

std::string BroadcastText(Communicator& ranks, const std::string& text) {
  uint64_t size = text.size();
  const auto length = ranks.Broadcast(std::as_writable_bytes(std::span(&size, 1)));
  WaitFor(*length);
  std::string all = text;
  all.resize(size);
  const auto request = ranks.Broadcast(std::as_writable_bytes(std::span(all)));
  WaitFor(*request);
  return all;
}

void BroadcastFloats(Communicator& ranks, std::span<float> values) {
  const auto request = ranks.Broadcast(std::as_writable_bytes(values));
  WaitFor(*request);
}

void CheckSame(Communicator& ranks, uint64_t number, const std::string& what) {
  uint64_t first = number;
  const auto request = ranks.Broadcast(std::as_writable_bytes(std::span(&first, 1)));
  WaitFor(*request);
  std::vector<double> differs(static_cast<size_t>(ranks.ranks()), 0.0);
  differs[static_cast<size_t>(ranks.rank())] = number == first ? 0.0 : 1.0;
  SumOverRanks(ranks, differs);
  const auto found = std::find_if(differs.begin(), differs.end(), [](double d) { return d > 0.0; });
  if (found == differs.end()) return;
  throw Error("rank " + std::to_string(found - differs.begin()) + " has " + what + " than rank 0");
}

std::pair<size_t, size_t> ShareOf(const Communicator& ranks, size_t count) {
  const auto rank = static_cast<size_t>(ranks.rank());
  const auto all = static_cast<size_t>(ranks.ranks());
  return {count * rank / all, count * (rank + 1) / all};
}

}  // namespace tritwise
