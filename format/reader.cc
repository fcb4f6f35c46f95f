// ModelFile::Read and the description of checkpoints.
#include <algorithm>
#include <cinttypes>

#include "format/checksum.h"
#include "format/description.h"
#include "format/narrow_layout.h"
#include "format/header.h"
#include "format/model_file.h"
#include "format/ternary_layout.h"
#include "format/verify.h"

namespace tritwise {
namespace {

// A part of the file that is known to lie inside it.
std::span<const std::byte> Part(std::span<const std::byte> file, uint64_t offset, uint64_t size) {
  return file.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}

bool AllZero(std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    if (byte != std::byte{0}) return false;
  }
  return true;
}

// Segments must lie one behind the other with zero padding between, each aligned, up to the file's end.
Status CheckSegments(std::span<const std::byte> file, uint64_t flatbuffer_end, std::vector<SegmentPlace>& segments,
                     const std::string& where) {
  const char* path = where.c_str();
  uint64_t begin = AlignSegment(flatbuffer_end);
  uint64_t end = flatbuffer_end;
  if (begin > file.size() && !segments.empty()) {
    return Status::Error(StatusCode::kCorrupt, "%s: ends before its weights", path);
  }
  const uint64_t room = file.size() - std::min<uint64_t>(begin, file.size());
  for (size_t i = 0; i < segments.size(); ++i) {
    SegmentPlace& s = segments[i];
    if (s.offset > room || s.size > room - s.offset) {
      return Status::Error(StatusCode::kCorrupt, "%s: weight segment %zu lies outside the file", path, i);
    }
    s.offset += begin;
    if (s.offset != AlignSegment(end)) {
      return Status::Error(StatusCode::kCorrupt, "%s: weight segment %zu is not where the one before it ends", path, i);
    }
    if (!AllZero(Part(file, end, s.offset - end))) {
      return Status::Error(StatusCode::kCorrupt, "%s: padding before weight segment %zu is not zero", path, i);
    }
    end = s.offset + s.size;
  }
  if (end != file.size()) return Status::Error(StatusCode::kCorrupt, "%s: bytes behind the last weight segment", path);
  return Status();
}

Status CheckChecksums(std::span<const std::byte> file, const std::vector<SegmentPlace>& segments,
                      const std::string& where) {
  for (size_t i = 0; i < segments.size(); ++i) {
    if (Checksum(Part(file, segments[i].offset, segments[i].size)) != segments[i].checksum) {
      return Status::Error(StatusCode::kCorrupt,
                           "%s: weights are damaged (checksum of segment %zu at byte %" PRIu64 ")", where.c_str(), i,
                           segments[i].offset);
    }
  }
  return Status();
}

Result<TensorData> Locate(std::span<const std::byte> file, const TensorSpec& tensor, const TensorSegments& place,
                          const std::vector<SegmentPlace>& segments, const std::string& where) {
  const auto fits = [&](uint32_t index, uint64_t bytes) {
    return index < segments.size() && segments[index].size == bytes;
  };
  const uint64_t scales = ScaleCount(tensor);
  if (!fits(place.data, DataBytes(tensor)) || (scales != 0 && !fits(place.scales, scales * sizeof(float)))) {
    return Status::Error(StatusCode::kCorrupt, "%s: tensor %s: its segment has not the size of its shape",
                         where.c_str(), tensor.name.c_str());
  }
  TensorData data;
  data.data = Part(file, segments[place.data].offset, segments[place.data].size);
  if (scales != 0) {
    data.scales = {reinterpret_cast<const float*>(file.data() + segments[place.scales].offset),
                   static_cast<size_t>(scales)};
  }
  return data;
}

}  // namespace

// A verified tensor has at most kMaxElements, so no product here can overflow: all are of 64 bits, whatever size_t has.
uint64_t DataBytes(const TensorSpec& t) {
  const auto rows = static_cast<uint64_t>(t.rows);
  const auto cols = static_cast<uint64_t>(t.cols);
  switch (t.storage) {
    case Storage::kF32:
      return rows * cols * 4;
    case Storage::kF16:
      return rows * cols * 2;
    case Storage::kI8:
      return rows * cols;
    case Storage::kT2:
    case Storage::kT5:
    case Storage::kLut: {
      const TernaryGeometry row = MakeTernaryGeometry(t.storage, 1, static_cast<size_t>(cols));
      return (rows + row.block_rows - 1) / row.block_rows * uint64_t{row.block_bytes()};
    }
    case Storage::kI6:
    case Storage::kI4: {
      const uint64_t block_bytes = MakeNarrowGeometry(t.storage, 1, static_cast<size_t>(cols)).block_bytes;
      return (rows + kNarrowBlockRows - 1) / kNarrowBlockRows * block_bytes;
    }
  }
  return 0;
}

uint64_t ScaleCount(const TensorSpec& t) {
  switch (t.scale) {
    case ScaleKind::kNone:
      return 0;
    case ScaleKind::kTensor:
      return 1;
    case ScaleKind::kRow:
      return static_cast<uint64_t>(t.rows);
    case ScaleKind::kGroup:
      return static_cast<uint64_t>(t.rows) * static_cast<uint64_t>(t.groups());
  }
  return 0;
}

Result<ModelFile> ModelFile::Read(const std::string& path, Options options) {
  TRITWISE_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  return Parse(std::move(mapped), path, options);
}

Result<ModelFile> ModelFile::FromMemory(std::span<const std::byte> bytes, const std::string& where, Options options) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kSegmentAlignment != 0) {
    return Status::Error(StatusCode::kInvalidArgument, "%s: the bytes of a model must start at a multiple of %zu",
                         where.c_str(), kSegmentAlignment);
  }
  return Parse(MappedFile::Borrow(bytes), where, options);
}

Result<ModelFile> ModelFile::Parse(MappedFile mapped, const std::string& where, Options options) {
  ModelFile model(std::move(mapped));
  const auto file = model.bytes();
  TRITWISE_ASSIGN_OR_RETURN(const FileHeader header, ReadHeader(file, where));
  model.flatbuffer_bytes_ = header.flatbuffer_bytes;
  const auto flatbuffer = Part(file, header.flatbuffer_offset, header.flatbuffer_bytes);
  TRITWISE_ASSIGN_OR_RETURN(ParsedDescription parsed, ParseFlatBuffer(flatbuffer, where));
  TRITWISE_RETURN_IF_ERROR(VerifyDescription(parsed.description, where));
  TRITWISE_RETURN_IF_ERROR(
      CheckSegments(file, header.flatbuffer_offset + header.flatbuffer_bytes, parsed.segments, where));
  const Graph& graph = parsed.description.graph;
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    TRITWISE_ASSIGN_OR_RETURN(TensorData data,
                              Locate(file, graph.tensors[i], parsed.tensors[i], parsed.segments, where));
    model.tensors_.push_back(data);
  }
  if (options.verify_segments) TRITWISE_RETURN_IF_ERROR(CheckChecksums(file, parsed.segments, where));
  model.description_ = std::move(parsed.description);
  return model;
}

std::vector<std::byte> SerialiseDescription(const ModelDescription& description) {
  return BuildDescription(description, {}, {});
}

Result<ModelDescription> ParseDescription(std::span<const std::byte> bytes, const std::string& where) {
  TRITWISE_ASSIGN_OR_RETURN(ParsedDescription parsed, ParseFlatBuffer(bytes, where));
  TRITWISE_RETURN_IF_ERROR(VerifyDescription(parsed.description, where));
  return std::move(parsed.description);
}

}  // namespace tritwise
