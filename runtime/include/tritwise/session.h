// One sequence: its key/value cache, its position, its sampler.
//
// All memory is taken when the session is made. A session may be used with any plan of the same Model
// whose cache has the same number format, by one forward pass at a time. It keeps the Model alive, not
// the plan.
#pragma once

#include <cstdint>
#include <memory>

#include "tritwise/sampler.h"
#include "tritwise/status.h"

namespace tritwise {

namespace runtime {
class Executor;
class KvCache;
}  // namespace runtime

class Model;
class Plan;

struct SessionOptions {
  // Most tokens the sequence can hold; 0: graph.context. The cache grows with it (CacheBytes).
  int64_t context = 0;
  SamplerOptions sampler = {};
};

class Session {
 public:
  // kInvalidArgument: a context beyond the graph's or a sampler option out of range, or a graph whose
  // rows are independent (context 0). kResourceExhausted: no memory for the cache.
  static Result<std::unique_ptr<Session>> Make(const Plan& plan, const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Tokens fed so far: the position that the next one gets.
  int64_t position() const { return position_; }
  int64_t context() const { return context_; }
  uint64_t cache_bytes() const;

  // Forgets everything from `position` on (0 to position()); what comes next is computed as if it had
  // been fed there in the first place. The sampler goes on with its random numbers.
  Status Truncate(int64_t position);
  // Becomes what it would be after the first `positions` tokens of `other`, without computing them again: texts that
  // begin alike share that work. The sampler goes on. kInvalidArgument: another model, another number format of the
  // cache, more positions than `other` has; kResourceExhausted: more than the context holds.
  Status CopyPrefix(const Session& other, int64_t positions);
  // Back to the state in which the session was made, the sampler's seed included.
  void Reset();

  Sampler& sampler() { return sampler_; }

 private:
  friend class runtime::Executor;
  Session(std::shared_ptr<const Model> model, std::unique_ptr<runtime::KvCache> cache, int64_t context,
          Sampler sampler);

  std::shared_ptr<const Model> model_;
  std::unique_ptr<runtime::KvCache> cache_;
  int64_t context_ = 0;
  int64_t position_ = 0;
  int64_t batch_rows_ = 0;  // rows of the pass that is being checked or computed; 0 between passes
  Sampler sampler_;
};

}  // namespace tritwise
