// The first 64 bytes of a .trit file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "format/status.h"

namespace tritwise {

// As it lies in the file, little endian. The magic starts with a byte above 127 and holds both line ends,
// so that a transfer in text mode is noticed.
struct FileHeader {
  static constexpr std::array<uint8_t, 8> kMagic = {0x89, 'T', 'R', 'I', 'T', '\r', '\n', 0x1A};

  std::array<uint8_t, 8> magic = kMagic;
  uint32_t version = 0;
  uint32_t header_bytes = 64;
  uint64_t file_bytes = 0;
  uint64_t flatbuffer_offset = 64;
  uint64_t flatbuffer_bytes = 0;
  uint64_t flatbuffer_checksum = 0;
  uint64_t reserved = 0;
  uint64_t header_checksum = 0;  // of the 56 bytes before it
};
static_assert(sizeof(FileHeader) == 64);

uint64_t HeaderChecksum(const FileHeader& header);

// The next place where a segment may begin.
constexpr uint64_t AlignSegment(uint64_t offset) { return (offset + 63) / 64 * 64; }

// Checks everything that the header says against itself and the file's size. `where` names the file.
Result<FileHeader> ReadHeader(std::span<const std::byte> file, const std::string& where);

}  // namespace tritwise
