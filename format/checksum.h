// XXH64 with seed 0: the checksum of header, FlatBuffer and every segment of a .trit file.
// Chosen because it reads several GB/s in portable code and is specified in public
// (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). It finds accidents, not attackers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tritwise {

uint64_t Checksum(std::span<const std::byte> bytes);

// The same of bytes that come in pieces, for whoever never has all of them at once.
class RunningChecksum {
 public:
  void Add(std::span<const std::byte> bytes);
  // Of everything added so far.
  uint64_t value() const;

 private:
  static constexpr size_t kStripe = 32;
  void AddStripe(const std::byte* stripe);

  std::array<uint64_t, 4> lanes_ = {0x60EA27EEADC0B5D6u, 0xC2B2AE3D27D4EB4Fu, 0, 0x61C8864E7A143579u};
  std::array<std::byte, kStripe> rest_ = {};  // size_ % kStripe bytes that are not a stripe yet
  uint64_t size_ = 0;
};

}  // namespace tritwise
