#include "format/header.h"

#include <cinttypes>
#include <cstring>

#include "format/checksum.h"
#include "format/model_file.h"

namespace tritwise {

uint64_t HeaderChecksum(const FileHeader& header) {
  return Checksum(std::as_bytes(std::span(&header, 1)).first(offsetof(FileHeader, header_checksum)));
}

Result<FileHeader> ReadHeader(std::span<const std::byte> file, const std::string& where) {
  const char* path = where.c_str();
  if (file.empty()) return Status::Error(StatusCode::kCorrupt, "%s: the file is empty, not a .trit model", path);
  FileHeader header;
  if (file.size() < sizeof(header)) {
    return Status::Error(StatusCode::kCorrupt, "%s: %zu bytes are too few for a .trit model (header: 64)", path,
                         file.size());
  }
  std::memcpy(&header, file.data(), sizeof(header));
  if (header.magic != FileHeader::kMagic) {
    return Status::Error(StatusCode::kCorrupt, "%s: not a .trit model (the first bytes are not its magic)", path);
  }
  if (header.version > kFormatVersion) {
    return Status::Error(StatusCode::kUnsupported,
                         "%s: format version %" PRIu32 " is newer than %" PRIu32 ", the newest this build reads", path,
                         header.version, kFormatVersion);
  }
  if (header.header_checksum != HeaderChecksum(header)) {
    return Status::Error(StatusCode::kCorrupt, "%s: the header is damaged (checksum differs)", path);
  }
  if (header.version == 0 || header.header_bytes != sizeof(header) || header.flatbuffer_offset != sizeof(header) ||
      header.reserved != 0) {
    return Status::Error(StatusCode::kCorrupt, "%s: the header contradicts itself", path);
  }
  if (header.file_bytes != file.size()) {
    return Status::Error(StatusCode::kCorrupt, "%s: has %zu bytes, its header says %" PRIu64 " (%s)", path, file.size(),
                         header.file_bytes, file.size() < header.file_bytes ? "truncated?" : "something was appended?");
  }
  if (header.flatbuffer_bytes > file.size() - sizeof(header) || header.flatbuffer_bytes > INT32_MAX) {
    return Status::Error(StatusCode::kCorrupt, "%s: the FlatBuffer does not fit into the file", path);
  }
  const auto flatbuffer = file.subspan(sizeof(header), static_cast<size_t>(header.flatbuffer_bytes));
  if (header.flatbuffer_checksum != Checksum(flatbuffer)) {
    return Status::Error(StatusCode::kCorrupt, "%s: the graph is damaged (checksum of the FlatBuffer differs)", path);
  }
  return header;
}

}  // namespace tritwise
