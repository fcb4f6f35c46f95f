// What ranks do together, made of sums and broadcasts. Every rank calls these in the same order; all of them
// wait asleep, because one rank may work for minutes (a vocabulary, a checkpoint) while the others wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "trainer/distributed/communicator.h"

namespace tritwise {

// Between two looks at something that another rank has to do: awake at first, then ever longer asleep.
class Patience {
 public:
  // Longest sleep; waits within a step want it short, others need not.
  explicit Patience(int most_microseconds = 2000) : most_us_(most_microseconds) {}
  void Pause();
  void Reset() { looks_ = 0; }

 private:
  int most_us_;
  int64_t looks_ = 0;
};

void WaitFor(RankRequest& request);

void SumOverRanks(Communicator& ranks, std::span<double> values);
// True where any rank says so.
bool AnyRank(Communicator& ranks, bool flag);
// Returns when every rank is here.
void WaitForAll(Communicator& ranks);
// Rank 0's text, whatever the others give.
std::string BroadcastText(Communicator& ranks, const std::string& text);
void BroadcastFloats(Communicator& ranks, std::span<float> values);

// Throws Error in every rank unless all have the same number: "rank 1 has WHAT than rank 0".
void CheckSame(Communicator& ranks, uint64_t number, const std::string& what);

// Part `rank` of 0..count, cut into `ranks` parts that differ by one at most: [first, last).
std::pair<size_t, size_t> ShareOf(const Communicator& ranks, size_t count);

}  // namespace tritwise
