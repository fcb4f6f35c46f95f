// XXH64 against vectors that the reference library (libxxhash 0.8.1) computed, at every length where its path changes.
#include "format/checksum.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string_view>
#include <vector>

namespace tritwise {
namespace {

uint64_t OfText(std::string_view text) { return Checksum(std::as_bytes(std::span(text.data(), text.size()))); }

// Byte i is 167 i + 13 modulo 256.
std::vector<std::byte> Pattern(size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 167 + 13) & 0xFF);
  return bytes;
}

struct Vector {
  size_t size;
  uint64_t checksum;
};

constexpr Vector kVectors[] = {
    {0, 0xEF46DB3751D8E999},   {1, 0x2078E1AD38AD738B},    {2, 0xD9C7BF9D2BA6B544},    {3, 0x634D95FC01A189CD},
    {4, 0xEED340908A1AC6C6},   {5, 0x342BD7A5F3E2EDCD},    {7, 0x0DA493621D6DC898},    {8, 0x76F916C7BB523126},
    {9, 0x175D7BEE83BD73B9},   {11, 0x8BEAE4D88D350B4B},   {12, 0xFB52F89A1DC449D2},   {13, 0x7E1A468BDD27B4D8},
    {15, 0x4E1C333B057FB6A4},  {16, 0x7BBEFF67699312F6},   {20, 0xB497DDDE8CA2DE89},   {24, 0x864BF0F760184516},
    {28, 0x407A0D8E5DF705FC},  {31, 0x65C5FEB01DA7464D},   {32, 0x7665C921C9BF2EC7},   {33, 0xB5A9D9EF259AE821},
    {35, 0xE0045F4586D4D91A},  {36, 0xDE4C0F568D54D497},   {37, 0xC60344DCC647A515},   {39, 0xE2148DBBC5AB4089},
    {40, 0xC94202B2B0886774},  {44, 0x99597B95F6740623},   {47, 0xFFB42101C210309E},   {48, 0x487555383052A6B8},
    {63, 0xB0289CD9324034F0},  {64, 0xFFF2525C99BF2005},   {65, 0x01FBD6D6AC20FBAF},   {71, 0x7B9DC081227FF4C7},
    {76, 0xFCCC631411863479},  {95, 0x3B4CE2D430B0FDE8},   {96, 0xB4C91238BEBC5148},   {97, 0xA14094087ED98C00},
    {100, 0x74E502DB362EFD4C}, {1000, 0x626443C8029D0542}, {4096, 0x7B557A25D87C020E},
};

TEST_CASE("The checksum of texts is XXH64 with seed 0") {
  CHECK(OfText("") == 0xEF46DB3751D8E999);
  CHECK(OfText("a") == 0xD24EC4F1A98C6E5B);
  CHECK(OfText("abc") == 0x44BC2CF5AD770999);
  CHECK(OfText("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1);
}

TEST_CASE("The checksum equals the reference library's at every kind of length") {
  for (const Vector& v : kVectors) {
    INFO("length " << v.size);
    CHECK(Checksum(Pattern(v.size)) == v.checksum);
  }
}

TEST_CASE("The checksum does not depend on where the bytes lie in memory") {
  for (const Vector& v : kVectors) {
    const std::vector<std::byte> pattern = Pattern(v.size);
    for (size_t shift = 1; shift < 8; ++shift) {
      std::vector<std::byte> moved(shift);
      moved.insert(moved.end(), pattern.begin(), pattern.end());
      CHECK(Checksum(std::span(moved).subspan(shift)) == v.checksum);
    }
  }
}

TEST_CASE("The checksum of bytes that come in pieces is that of all of them") {
  for (const Vector& v : kVectors) {
    const std::vector<std::byte> pattern = Pattern(v.size);
    for (const size_t piece : {1u, 3u, 31u, 32u, 33u, 100u}) {
      RunningChecksum checksum;
      for (size_t begin = 0; begin < v.size; begin += piece) {
        checksum.Add(std::span(pattern).subspan(begin, std::min<size_t>(piece, v.size - begin)));
        checksum.Add({});
      }
      INFO("length " << v.size << " in pieces of " << piece);
      CHECK(checksum.value() == v.checksum);
    }
  }
}

TEST_CASE("Every single bit changes the checksum") {
  std::vector<std::byte> bytes = Pattern(79);
  const uint64_t checksum = Checksum(bytes);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::byte>(1u << (bit % 8));
    bytes[bit / 8] ^= mask;
    CHECK(Checksum(bytes) != checksum);
    bytes[bit / 8] ^= mask;
  }
}

}  // namespace
}  // namespace tritwise
