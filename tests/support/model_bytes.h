// A .trit file taken apart and put together again with right checksums, for tests that damage files on purpose: what is
// wrong then gets past the checksums to the check behind them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "format/checksum.h"
#include "format/description.h"
#include "format/header.h"
#include "format/model_file.h"

namespace tritwise::test {

using FileBytes = std::vector<std::byte>;

inline FileBytes ReadBytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline void WriteBytes(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) throw std::runtime_error("cannot write " + path);
}

inline FileHeader HeaderOf(std::span<const std::byte> file) {
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  return header;
}

// Writes `header` into the file, with the checksum that it needs.
inline void PutHeader(std::span<std::byte> file, FileHeader header) {
  header.header_checksum = HeaderChecksum(header);
  std::memcpy(file.data(), &header, sizeof(header));
}

inline std::span<std::byte> FlatBufferOf(std::span<std::byte> file) {
  return file.subspan(sizeof(FileHeader), static_cast<size_t>(HeaderOf(file).flatbuffer_bytes));
}

// Makes the checksums of header and FlatBuffer right again after the FlatBuffer was changed in place.
inline void Seal(std::span<std::byte> file) {
  FileHeader header = HeaderOf(file);
  header.flatbuffer_checksum = Checksum(FlatBufferOf(file));
  PutHeader(file, header);
}

// Header, FlatBuffer, zeros up to the next multiple of 64, payload.
inline FileBytes Assemble(std::span<const std::byte> flatbuffer, std::span<const std::byte> payload) {
  const size_t end = sizeof(FileHeader) + flatbuffer.size();
  const size_t begin = payload.empty() ? end : static_cast<size_t>(AlignSegment(end));
  FileBytes file(begin + payload.size());
  std::ranges::copy(flatbuffer, std::span(file).subspan(sizeof(FileHeader)).begin());
  std::ranges::copy(payload, std::span(file).subspan(begin).begin());
  FileHeader header;
  header.version = kFormatVersion;
  header.flatbuffer_bytes = flatbuffer.size();
  header.file_bytes = file.size();
  PutHeader(file, header);
  Seal(file);
  return file;
}

// What a file says and holds, free to be made wrong.
struct ModelParts {
  ModelDescription description;
  std::vector<TensorSegments> tensors;
  std::vector<SegmentPlace> segments;  // offsets from the first segment
  FileBytes payload;                   // from the first segment on

  FileBytes Join() const { return Assemble(BuildDescription(description, tensors, segments), payload); }
};

inline ModelParts TakeApart(std::span<const std::byte> file) {
  const auto flatbuffer_bytes = static_cast<size_t>(HeaderOf(file).flatbuffer_bytes);
  Result<ParsedDescription> parsed = ParseFlatBuffer(file.subspan(sizeof(FileHeader), flatbuffer_bytes), "test");
  if (!parsed.ok()) throw std::runtime_error(parsed.status().message());
  ModelParts parts{parsed.value().description, parsed.value().tensors, parsed.value().segments, {}};
  const auto payload = file.subspan(static_cast<size_t>(AlignSegment(sizeof(FileHeader) + flatbuffer_bytes)));
  parts.payload.assign(payload.begin(), payload.end());
  return parts;
}

}  // namespace tritwise::test
