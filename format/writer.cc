// WriteModel: header, FlatBuffer, segments, through a temporary file.
#include "format/atomic_file.h"
#include "format/checksum.h"
#include "format/description.h"
#include "format/header.h"
#include "format/model_file.h"
#include "format/verify.h"

namespace tritwise {
Status WriteModel(const std::string& path, const ModelDescription& description, std::span<const TensorData> tensors) {
  const Graph& graph = description.graph;
  TRITWISE_RETURN_IF_ERROR(VerifyGraph(graph, path));
  TRITWISE_RETURN_IF_ERROR(VerifyVocabulary(description.vocabulary, graph, path));
  if (tensors.size() != graph.tensors.size()) {
    return Status::Error(StatusCode::kInvalidArgument, "%s: %zu tensors given, the graph has %zu", path.c_str(),
                         tensors.size(), graph.tensors.size());
  }

  std::vector<std::span<const std::byte>> payloads;
  std::vector<SegmentPlace> segments;
  std::vector<TensorSegments> places;
  uint64_t end = 0;
  const auto add_segment = [&](std::span<const std::byte> bytes) {
    const uint64_t offset = AlignSegment(end);
    segments.push_back({offset, bytes.size(), Checksum(bytes)});
    payloads.push_back(bytes);
    end = offset + bytes.size();
    return static_cast<uint32_t>(segments.size() - 1);
  };
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorSpec& spec = graph.tensors[i];
    if (tensors[i].data.size() != DataBytes(spec) || tensors[i].scales.size() != ScaleCount(spec)) {
      return Status::Error(StatusCode::kInvalidArgument, "%s: tensor %s: data or scales have not the size of its shape",
                           path.c_str(), spec.name.c_str());
    }
    TensorSegments place;
    place.data = add_segment(tensors[i].data);
    if (!tensors[i].scales.empty()) place.scales = add_segment(std::as_bytes(tensors[i].scales));
    places.push_back(place);
  }

  const std::vector<std::byte> flatbuffer = BuildDescription(description, places, segments);
  FileHeader header;
  header.version = kFormatVersion;
  header.flatbuffer_bytes = flatbuffer.size();
  header.flatbuffer_checksum = Checksum(flatbuffer);
  const uint64_t flatbuffer_end = header.flatbuffer_offset + flatbuffer.size();
  header.file_bytes = segments.empty() ? flatbuffer_end : AlignSegment(flatbuffer_end) + end;
  header.header_checksum = HeaderChecksum(header);

  TRITWISE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  TRITWISE_RETURN_IF_ERROR(file.Write(std::as_bytes(std::span(&header, 1))));
  TRITWISE_RETURN_IF_ERROR(file.Write(flatbuffer));
  for (const auto payload : payloads) {
    TRITWISE_RETURN_IF_ERROR(file.Pad(kSegmentAlignment));
    TRITWISE_RETURN_IF_ERROR(file.Write(payload));
  }
  return file.Commit();
}

}  // namespace tritwise
