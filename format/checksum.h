// XXH64 with seed 0: the checksum of header, FlatBuffer and every segment of a .trit file.
// Chosen because it reads several GB/s in portable code and is specified in public
// (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). It finds accidents, not attackers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tritwise {

uint64_t Checksum(std::span<const std::byte> bytes);

}  // namespace tritwise
