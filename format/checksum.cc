#include "format/checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tritwise {
namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87u;
constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4Fu;
constexpr uint64_t kPrime3 = 0x165667B19E3779F9u;
constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63u;
constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5u;

// Files are little endian and so is every machine this is built for.
static_assert(std::endian::native == std::endian::little);

template <class T>
T Load(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

uint64_t Round(uint64_t accumulator, uint64_t lane) { return std::rotl(accumulator + lane * kPrime2, 31) * kPrime1; }

uint64_t MergeLane(uint64_t hash, uint64_t accumulator) { return (hash ^ Round(0, accumulator)) * kPrime1 + kPrime4; }

}  // namespace

void RunningChecksum::AddStripe(const std::byte* stripe) {
  for (size_t i = 0; i < lanes_.size(); ++i) lanes_[i] = Round(lanes_[i], Load<uint64_t>(stripe + 8 * i));
}

void RunningChecksum::Add(std::span<const std::byte> bytes) {
  const size_t have = size_ % kStripe;
  size_ += bytes.size();
  if (have != 0) {
    const size_t taken = std::min(bytes.size(), kStripe - have);
    std::copy_n(bytes.begin(), taken, rest_.begin() + have);
    bytes = bytes.subspan(taken);
    if (have + taken < kStripe) return;
    AddStripe(rest_.data());
  }
  for (; bytes.size() >= kStripe; bytes = bytes.subspan(kStripe)) AddStripe(bytes.data());
  std::copy(bytes.begin(), bytes.end(), rest_.begin());
}

uint64_t RunningChecksum::value() const {
  const auto& [a, b, c, d] = lanes_;
  uint64_t hash = kPrime5;
  if (size_ >= kStripe) {
    hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
    for (const uint64_t lane : lanes_) hash = MergeLane(hash, lane);
  }
  hash += size_;
  const std::byte* p = rest_.data();
  size_t left = size_ % kStripe;
  for (; left >= 8; p += 8, left -= 8) {
    hash = std::rotl(hash ^ Round(0, Load<uint64_t>(p)), 27) * kPrime1 + kPrime4;
  }
  for (; left >= 4; p += 4, left -= 4) {
    hash = std::rotl(hash ^ (uint64_t{Load<uint32_t>(p)} * kPrime1), 23) * kPrime2 + kPrime3;
  }
  for (; left > 0; ++p, --left) {
    hash = std::rotl(hash ^ (uint64_t{std::to_integer<uint8_t>(*p)} * kPrime5), 11) * kPrime1;
  }
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

uint64_t Checksum(std::span<const std::byte> bytes) {
  RunningChecksum checksum;
  checksum.Add(bytes);
  return checksum.value();
}

}  // namespace tritwise
