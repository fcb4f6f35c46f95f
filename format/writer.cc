// StreamModel and WriteModel: header, FlatBuffer, segments, through a temporary file.
//
// Checksums of segments stand before the segments, in the FlatBuffer. Its size does not depend on them, so it is
// written twice: once to hold the place, once with what the segments turned out to be.
#include "format/atomic_file.h"
#include "format/checksum.h"
#include "format/description.h"
#include "format/header.h"
#include "format/model_file.h"
#include "format/verify.h"

namespace tritwise {
namespace {

// The segments of a graph's tensors, in file order, without their checksums.
struct SegmentTable {
  std::vector<SegmentPlace> segments;
  std::vector<TensorSegments> tensors;
  uint64_t end = 0;  // from the first segment

  explicit SegmentTable(const Graph& graph) {
    for (const TensorSpec& spec : graph.tensors) {
      TensorSegments place;
      place.data = Add(DataBytes(spec));
      if (const uint64_t scales = ScaleCount(spec); scales != 0) place.scales = Add(scales * sizeof(float));
      tensors.push_back(place);
    }
  }

 private:
  uint32_t Add(uint64_t size) {
    const uint64_t offset = AlignSegment(end);
    segments.push_back({offset, size, 0});
    end = offset + size;
    return static_cast<uint32_t>(segments.size() - 1);
  }
};

// One tensor after the other into the file, each held to the size of its shape.
class SegmentWriter : public TensorSink {
 public:
  SegmentWriter(const std::string& path, const Graph& graph, SegmentTable& table, AtomicFile& file)
      : path_(path), graph_(graph), table_(table), file_(file) {}

  Status Begin(size_t tensor) {
    tensor_ = tensor;
    in_scales_ = false;
    return BeginSegment(table_.tensors[tensor].data);
  }
  Status Data(std::span<const std::byte> piece) override { return in_scales_ ? WrongSize() : Append(piece); }
  Status Scales(std::span<const float> piece) override {
    if (piece.empty()) return Status();
    TRITWISE_RETURN_IF_ERROR(BeginScales());
    if (!in_scales_) return WrongSize();
    return Append(std::as_bytes(piece));
  }
  Status End() {
    TRITWISE_RETURN_IF_ERROR(BeginScales());
    return EndSegment();
  }

 private:
  Status WrongSize() const {
    return Status::Error(StatusCode::kInvalidArgument, "%s: tensor %s: data or scales have not the size of its shape",
                         path_.c_str(), graph_.tensors[tensor_].name.c_str());
  }
  Status BeginSegment(uint32_t segment) {
    segment_ = segment;
    written_ = 0;
    checksum_ = {};
    return file_.Pad(kSegmentAlignment);
  }
  // Where the tensor has any.
  Status BeginScales() {
    if (in_scales_ || ScaleCount(graph_.tensors[tensor_]) == 0) return Status();
    TRITWISE_RETURN_IF_ERROR(EndSegment());
    in_scales_ = true;
    return BeginSegment(table_.tensors[tensor_].scales);
  }
  Status Append(std::span<const std::byte> piece) {
    if (piece.size() > table_.segments[segment_].size - written_) return WrongSize();
    written_ += piece.size();
    checksum_.Add(piece);
    return file_.Write(piece);
  }
  Status EndSegment() {
    if (written_ != table_.segments[segment_].size) return WrongSize();
    table_.segments[segment_].checksum = checksum_.value();
    return Status();
  }

  const std::string& path_;
  const Graph& graph_;
  SegmentTable& table_;
  AtomicFile& file_;
  size_t tensor_ = 0;
  bool in_scales_ = false;
  uint32_t segment_ = 0;
  uint64_t written_ = 0;
  RunningChecksum checksum_;
};

FileHeader MakeHeader(std::span<const std::byte> flatbuffer, const SegmentTable& table) {
  FileHeader header;
  header.version = kFormatVersion;
  header.flatbuffer_bytes = flatbuffer.size();
  header.flatbuffer_checksum = Checksum(flatbuffer);
  const uint64_t flatbuffer_end = header.flatbuffer_offset + flatbuffer.size();
  header.file_bytes = table.segments.empty() ? flatbuffer_end : AlignSegment(flatbuffer_end) + table.end;
  header.header_checksum = HeaderChecksum(header);
  return header;
}

Status WriteHead(AtomicFile& file, const ModelDescription& description, const SegmentTable& table) {
  const std::vector<std::byte> flatbuffer = BuildDescription(description, table.tensors, table.segments);
  const FileHeader header = MakeHeader(flatbuffer, table);
  const auto header_bytes = std::as_bytes(std::span(&header, 1));
  if (file.size() == 0) {
    TRITWISE_RETURN_IF_ERROR(file.Write(header_bytes));
    return file.Write(flatbuffer);
  }
  TRITWISE_RETURN_IF_ERROR(file.Overwrite(0, header_bytes));
  return file.Overwrite(header.flatbuffer_offset, flatbuffer);
}

}  // namespace

Status StreamModel(const std::string& path, const ModelDescription& description, const TensorSource& source) {
  const Graph& graph = description.graph;
  TRITWISE_RETURN_IF_ERROR(VerifyDescription(description, path));

  SegmentTable table(graph);
  TRITWISE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  TRITWISE_RETURN_IF_ERROR(WriteHead(file, description, table));
  SegmentWriter writer(path, graph, table, file);
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    TRITWISE_RETURN_IF_ERROR(writer.Begin(i));
    TRITWISE_RETURN_IF_ERROR(source(i, writer));
    TRITWISE_RETURN_IF_ERROR(writer.End());
  }
  TRITWISE_RETURN_IF_ERROR(WriteHead(file, description, table));
  return file.Commit();
}

uint64_t ModelFileBytes(const ModelDescription& description) {
  const SegmentTable table(description.graph);
  return MakeHeader(BuildDescription(description, table.tensors, table.segments), table).file_bytes;
}

Status WriteModel(const std::string& path, const ModelDescription& description, std::span<const TensorData> tensors) {
  if (tensors.size() != description.graph.tensors.size()) {
    return Status::Error(StatusCode::kInvalidArgument, "%s: %zu tensors given, the graph has %zu", path.c_str(),
                         tensors.size(), description.graph.tensors.size());
  }
  return StreamModel(path, description, [&](size_t i, TensorSink& sink) {
    TRITWISE_RETURN_IF_ERROR(sink.Data(tensors[i].data));
    return sink.Scales(tensors[i].scales);
  });
}

}  // namespace tritwise
