// Ternary, int6 and int4 matrices from and to plain codes, in the layouts of ternary_layout.h and narrow_layout.h.
// Used when a model is exported, imported or inspected; devices compute on packed bytes as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "format/narrow_layout.h"
#include "format/ternary_layout.h"

namespace tritwise {

// trits[rows*cols], row after row, each -1, 0 or +1; packed[geometry.total_bytes] is written whole.
void PackTernary(const TernaryGeometry& geometry, std::span<const int8_t> trits, std::span<std::byte> packed);

// The reverse. False where a byte cannot have come from PackTernary (code 3 in t2, a byte in t5 that is no
// base-3 fraction, an index beyond 8 in lut, padding that is not trit 0); `trits` is then filled as far as it makes
// sense.
bool UnpackTernary(const TernaryGeometry& geometry, std::span<const std::byte> packed, std::span<int8_t> trits);

// An int6 or int4 matrix. values[rows*cols], row after row, each from -NarrowOffset to NarrowOffset - 1; `scales` as
// f16 bits, [groups][rows]: that of group i of row n at i*rows + n. packed[geometry.total_bytes] is written whole.
void PackNarrow(const NarrowGeometry& geometry, std::span<const int8_t> values, std::span<const uint16_t> scales,
                std::span<std::byte> packed);

// The reverse. False where padding holds another value than 0; all that is no padding is filled in either way.
bool UnpackNarrow(const NarrowGeometry& geometry, std::span<const std::byte> packed, std::span<int8_t> values,
                  std::span<uint16_t> scales);

}  // namespace tritwise
