// The sessions of an engine, each with the tokens that it holds: a text that begins as another did takes over what was
// computed for that, whether the other has ended or goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise::serve {

class Slots {
 public:
  // `count` sessions of `context` positions. Throws Error where there is no memory for them.
  Slots(const Plan& plan, size_t count, int64_t context);

  struct Lease {
    size_t slot = 0;
    size_t cached = 0;  // the session is at this position: so many of the ids need not be computed
  };
  // A free session for a text that begins with `ids`, of which at most `most_cached` may be taken over; none where all
  // are in use.
  std::optional<Lease> Take(std::span<const int32_t> ids, size_t most_cached);
  // The session may be taken again; what it holds stays until then.
  void Give(size_t slot);

  Session& session(size_t slot) { return *slots_[slot].session; }
  // To be told of every token that the session was fed.
  void Fed(size_t slot, std::span<const int32_t> ids);

  size_t size() const { return slots_.size(); }
  size_t free() const { return free_; }

 private:
  struct Slot {
    std::unique_ptr<Session> session;
    std::vector<int32_t> tokens;
    bool in_use = false;
    uint64_t used = 0;  // the higher the later
  };

  size_t Oldest(size_t but) const;

  std::vector<Slot> slots_;
  size_t free_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace tritwise::serve
