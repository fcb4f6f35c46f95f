// Adds up the gradients of all ranks while they are still being computed.
//
// A tensor whose gradient is complete in this process (GradientSum::complete) is handed to a thread of the
// exchange, which sums it over the ranks beside the rest of the backward pass. Every rank must start the same
// sums in the same order whatever its timing, so the order is fixed (GradientSum::TensorsInOrder), and small
// tensors travel together in buckets. Between Begin and Finish only that thread talks to the other ranks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "trainer/distributed/communicator.h"
#include "trainer/gradient_sum.h"

namespace tritwise {

// Tensors that are summed at once.
struct GradientBucket {
  std::vector<size_t> tensors;
  std::vector<std::span<float>> spans;  // where their values lie; one: they are summed in place
  size_t count = 0;                     // of values in the spans
};

// Tensors of at least `least_bytes` alone, the others together until they are as large; in the order in which
// the last tensor of each completes.
std::vector<GradientBucket> MakeBuckets(GradientSum& gradients, size_t least_bytes);

class GradientExchange {
 public:
  // Both outlive the exchange.
  GradientExchange(Communicator& ranks, GradientSum& gradients);
  ~GradientExchange();
  GradientExchange(const GradientExchange&) = delete;
  GradientExchange& operator=(const GradientExchange&) = delete;

  // Before the first part of a step. Nothing is sent before the last part.
  void Begin();
  // Before the last part of this rank's share: tensors that complete from now on are sent.
  void BeginLastPart();
  // Instead, in a rank without a share: its gradient is zero.
  void NoParts();
  // After the last part: waits until all gradients are summed, and `totals` with them. Throws Error.
  void Finish(std::span<double> totals);

 private:
  void Complete(size_t tensor);
  void Serve();
  void Exchange();
  bool WaitUntilReady(size_t bucket);
  bool IsReady(size_t bucket) const { return missing_[bucket].load(std::memory_order_acquire) == 0; }

  Communicator& ranks_;
  GradientSum& gradients_;
  std::vector<GradientBucket> buckets_;
  std::vector<size_t> bucket_of_;                     // of each tensor
  std::unique_ptr<std::atomic<uint32_t>[]> missing_;  // tensors of each bucket that are not complete

  std::mutex mutex_;
  std::condition_variable changed_;
  bool under_way_ = false;            // between Begin and the end of the exchange
  bool finishing_ = false;            // the main thread waits
  std::atomic<bool> ending_ = false;  // the exchange is being destroyed
  std::span<double> totals_;          // given when finishing_
  std::exception_ptr failure_;        // of the exchange's thread
  std::thread thread_;
};

}  // namespace tritwise
