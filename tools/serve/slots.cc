#include "tools/serve/slots.h"

#include <algorithm>

#include "trainer/error_status.h"

namespace tritwise::serve {
namespace {

// Fewer tokens in common are not worth copying.
constexpr size_t kLeastCopied = 16;
constexpr size_t kNone = static_cast<size_t>(-1);

size_t CommonBeginning(std::span<const int32_t> a, std::span<const int32_t> b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<size_t>(differ.first - a.begin());
}

}  // namespace

Slots::Slots(const Plan& plan, size_t count, int64_t context) : slots_(count), free_(count) {
  for (Slot& slot : slots_) slot.session = ValueOrThrow(Session::Make(plan, {context, {}}));
}

size_t Slots::Oldest(size_t but) const {
  size_t oldest = kNone;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].in_use || i == but) continue;
    if (oldest == kNone || slots_[i].used < slots_[oldest].used) oldest = i;
  }
  return oldest;
}

std::optional<Slots::Lease> Slots::Take(std::span<const int32_t> ids, size_t most_cached) {
  if (free_ == 0) return std::nullopt;
  size_t best = 0;
  size_t common = 0;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const size_t n = std::min(CommonBeginning(ids, slots_[i].tokens), most_cached);
    const bool better = n > common || (n == common && slots_[best].in_use && !slots_[i].in_use);
    if (better) {
      best = i;
      common = n;
    }
  }
  // A session that ended is taken as it is, unless most of what it holds would be lost and there is another.
  size_t target = best;
  const bool wasteful = common < slots_[best].tokens.size() / 2;
  if (common == 0) {
    target = Oldest(kNone);
  } else if (slots_[best].in_use || wasteful) {
    const size_t other = Oldest(best);
    if (other != kNone) target = other;
  }
  Slot& slot = slots_[target];
  if (target != best && common < kLeastCopied) common = 0;
  if (target == best || common == 0) {
    ThrowIfError(slot.session->Truncate(static_cast<int64_t>(common)));
  } else {
    ThrowIfError(slot.session->CopyPrefix(*slots_[best].session, static_cast<int64_t>(common)));
  }
  slot.tokens.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(common));
  slot.in_use = true;
  slot.used = ++clock_;
  --free_;
  return Lease{target, common};
}

void Slots::Give(size_t slot) {
  slots_[slot].in_use = false;
  slots_[slot].used = ++clock_;
  ++free_;
}

void Slots::Fed(size_t slot, std::span<const int32_t> ids) {
  slots_[slot].tokens.insert(slots_[slot].tokens.end(), ids.begin(), ids.end());
}

}  // namespace tritwise::serve
