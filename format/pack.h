// Ternary matrices from and to plain trits, in the layouts of format/ternary_layout.h.
// Used when a model is exported, imported or inspected; devices compute on packed bytes as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "format/ternary_layout.h"

namespace tritwise {

// trits[rows*cols], row after row, each -1, 0 or +1; packed[geometry.total_bytes] is written whole.
void PackTernary(const TernaryGeometry& geometry, std::span<const int8_t> trits, std::span<std::byte> packed);

// The reverse. False where a byte cannot have come from PackTernary (code 3 in t2, a byte in t5 that is no
// base-3 fraction, padding that is not trit 0); `trits` is then filled as far as it makes sense.
bool UnpackTernary(const TernaryGeometry& geometry, std::span<const std::byte> packed, std::span<int8_t> trits);

}  // namespace tritwise
