// One way to store a network: linears, embedding and head, cache. What footprints are compared between.
#pragma once

#include <string>
#include <vector>

#include "format/numeric.h"

namespace tritwise {

struct Variant {
  Storage linears = Storage::kF16;  // a ternary layout; f16 or int8: plain linears with the ternary ones' values
  Storage head = Storage::kF16;     // embedding and head
  Storage cache = Storage::kF16;    // keys and values

  bool operator==(const Variant&) const = default;
};

// "t5/int4/int8": linears, head, cache.
std::string NameOf(const Variant& variant);

// What everything is compared with: all of it in 16 bits.
inline constexpr Variant kReference = {};

// The reference, and then the texts: LINEARS, LINEARS/HEAD or LINEARS/HEAD/CACHE, each once. A head that is not named
// is int8 where linears are ternary, else as they are; a cache that is not named is f16. No texts: the variants that
// most people ask for. Throws Error.
std::vector<Variant> ParseVariants(const std::vector<std::string>& texts);

}  // namespace tritwise
