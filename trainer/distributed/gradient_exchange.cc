#include "trainer/distributed/gradient_exchange.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "trainer/distributed/together.h"

namespace tritwise {
namespace {

// Enough for a sum to be worth starting: a network's latency is some 50 us, in which it moves 100 KiB or more.
constexpr size_t kBucketBytes = size_t{1} << 20;

// While workers compute, the exchange's thread wakes about this often to move the sums on.
constexpr int kSleepBesideWorkUs = 50;
// When all it waits for is another rank.
constexpr int kSleepOtherwiseUs = 1000;

// A bucket's sum under way. Where its tensors lie apart they are copied together, and back afterwards.
class BucketSum {
 public:
  BucketSum(Communicator& ranks, GradientBucket& bucket) : bucket_(bucket) {
    if (bucket.spans.size() == 1) {
      request_ = ranks.Sum(bucket.spans.front());
      return;
    }
    together_.reserve(bucket.count);
    for (const auto& span : bucket.spans) together_.insert(together_.end(), span.begin(), span.end());
    request_ = ranks.Sum(std::span(together_));
  }

  bool Done() {
    if (!request_->Done()) return false;
    const float* from = together_.data();
    if (together_.empty()) return true;
    for (const auto& span : bucket_.spans) {
      std::copy_n(from, span.size(), span.data());
      from += span.size();
    }
    return true;
  }

 private:
  GradientBucket& bucket_;
  std::vector<float> together_;
  std::unique_ptr<RankRequest> request_;
};

// The tensors' values, neighbours as one span with the padding between them (which is zero in every rank).
void FindSpans(GradientSum& gradients, GradientBucket& bucket) {
  std::vector<size_t> sorted = bucket.tensors;
  std::sort(sorted.begin(), sorted.end());
  const ParameterLayout& layout = gradients.layout();
  for (size_t i = 0; i < sorted.size(); ++i) {
    const auto values = layout.Of(gradients.values(), static_cast<int32_t>(sorted[i]));
    if (i > 0 && sorted[i] == sorted[i - 1] + 1) {
      float* begin = bucket.spans.back().data();
      bucket.spans.back() = {begin, values.data() + values.size()};
    } else {
      bucket.spans.push_back(values);
    }
  }
  for (const auto& span : bucket.spans) bucket.count += span.size();
}

}  // namespace

std::vector<GradientBucket> MakeBuckets(GradientSum& gradients, size_t least_bytes) {
  std::vector<GradientBucket> buckets;
  GradientBucket small;
  size_t small_bytes = 0;
  const auto close = [&](GradientBucket& bucket) {
    FindSpans(gradients, bucket);
    buckets.push_back(std::exchange(bucket, {}));
  };
  for (const size_t tensor : gradients.TensorsInOrder()) {
    const size_t bytes = gradients.layout().count(tensor) * sizeof(float);
    if (bytes >= least_bytes) {
      GradientBucket alone;
      alone.tensors.push_back(tensor);
      close(alone);
      continue;
    }
    small.tensors.push_back(tensor);
    small_bytes += bytes;
    if (small_bytes < least_bytes) continue;
    close(small);
    small_bytes = 0;
  }
  if (!small.tensors.empty()) close(small);
  return buckets;
}

GradientExchange::GradientExchange(Communicator& ranks, GradientSum& gradients)
    : ranks_(ranks),
      gradients_(gradients),
      buckets_(MakeBuckets(gradients, kBucketBytes)),
      bucket_of_(gradients.layout().tensors(), 0),
      missing_(std::make_unique<std::atomic<uint32_t>[]>(buckets_.size())) {
  for (size_t b = 0; b < buckets_.size(); ++b) {
    for (const size_t tensor : buckets_[b].tensors) bucket_of_[tensor] = b;
  }
  thread_ = std::thread([this] { Serve(); });
}

GradientExchange::~GradientExchange() {
  gradients_.complete = nullptr;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GradientExchange::Begin() {
  for (size_t b = 0; b < buckets_.size(); ++b) missing_[b] = static_cast<uint32_t>(buckets_[b].tensors.size());
  gradients_.complete = nullptr;
  {
    const std::lock_guard lock(mutex_);
    under_way_ = true;
    finishing_ = false;
  }
  changed_.notify_all();
}

void GradientExchange::BeginLastPart() {
  gradients_.complete = [this](size_t tensor) { Complete(tensor); };
}

void GradientExchange::NoParts() {
  std::fill(gradients_.values().begin(), gradients_.values().end(), 0.0f);
  for (const GradientBucket& bucket : buckets_) {
    for (const size_t tensor : bucket.tensors) Complete(tensor);
  }
}

void GradientExchange::Complete(size_t tensor) {
  if (missing_[bucket_of_[tensor]].fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  { const std::lock_guard lock(mutex_); }  // the thread is either before its look or asleep
  changed_.notify_all();
}

void GradientExchange::Finish(std::span<double> totals) {
  std::unique_lock lock(mutex_);
  totals_ = totals;
  finishing_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !under_way_; });
  if (failure_) std::rethrow_exception(failure_);
}

void GradientExchange::Serve() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return under_way_ || ending_; });
      if (ending_) return;
    }
    try {
      Exchange();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      under_way_ = false;
    }
    changed_.notify_all();
  }
}

// False: the exchange is being destroyed.
bool GradientExchange::WaitUntilReady(size_t bucket) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ending_ || (bucket < buckets_.size() ? IsReady(bucket) : finishing_); });
  return !ending_;
}

void GradientExchange::Exchange() {
  std::deque<BucketSum> pending;
  Patience beside_work(kSleepBesideWorkUs);
  Patience otherwise(kSleepOtherwiseUs);
  for (size_t next = 0; next < buckets_.size() || !pending.empty();) {
    if (next < buckets_.size() && (pending.empty() || IsReady(next))) {
      if (!WaitUntilReady(next)) return;
      pending.emplace_back(ranks_, buckets_[next++]);
      otherwise.Reset();
    } else if (pending.front().Done()) {
      pending.pop_front();
      otherwise.Reset();
    } else if (ending_) {
      return;
    } else {
      (next < buckets_.size() ? beside_work : otherwise).Pause();
    }
  }
  if (!WaitUntilReady(buckets_.size())) return;
  const auto request = ranks_.Sum(totals_);
  while (!request->Done() && !ending_) otherwise.Pause();
}

}  // namespace tritwise
