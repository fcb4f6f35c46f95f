#include "tools/footprint/recode.h"

#include <cstring>

#include "format/half.h"
#include "format/pack.h"
#include "tools/footprint/planned.h"
#include "tools/interrupt.h"
#include "trainer/error_status.h"
#include "trainer/store_tensor.h"

namespace tritwise {
namespace {

struct Codes {
  std::vector<int8_t> codes;
  std::vector<float> scales;  // [groups][rows], [rows] or one
  size_t group = 0;           // columns; 0: the whole row
};

void Check(bool sound, const TensorSpec& spec) {
  if (!sound) throw Error("tensor " + spec.name + " holds bytes that no packer writes");
}

Codes ReadCodes(const TensorSpec& spec, const TensorData& data) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  Codes read{std::vector<int8_t>(rows * cols), {data.scales.begin(), data.scales.end()}, 0};
  if (HasGroups(spec)) read.group = static_cast<size_t>(GroupCols(spec));
  if (IsTernary(spec.storage)) {
    Check(UnpackTernary(MakeTernaryGeometry(spec.storage, rows, cols), data.data, read.codes), spec);
  } else if (IsNarrow(spec.storage)) {
    const NarrowGeometry geometry = MakeNarrowGeometry(spec.storage, rows, cols);
    std::vector<uint16_t> halves(geometry.groups * rows);
    Check(UnpackNarrow(geometry, data.data, read.codes, halves), spec);
    for (const uint16_t half : halves) read.scales.push_back(FloatFromHalf(half));
  } else {
    std::memcpy(read.codes.data(), data.data.data(), read.codes.size());
  }
  return read;
}

bool SameStorage(const TensorSpec& a, const TensorSpec& b) {
  return a.storage == b.storage && a.scale == b.scale && a.group == b.group;
}

StoredTensor Recode(const TensorSpec& from, const TensorData& data, const TensorSpec& to) {
  if (!IsTernaryWeight(from) || !IsTernaryWeight(to)) {
    return StoreTensor(to, Dequantise(from, data), WeightMeasure::kAbsMean);
  }
  const Codes read = ReadCodes(from, data);
  const TernaryGeometry geometry =
      MakeTernaryGeometry(to.storage, static_cast<size_t>(to.rows), static_cast<size_t>(to.cols));
  StoredTensor stored{std::vector<std::byte>(geometry.total_bytes), read.scales};
  PackTernary(geometry, read.codes, stored.data);
  return stored;
}

}  // namespace

std::vector<float> Dequantise(const TensorSpec& spec, const TensorData& data) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  std::vector<float> values(rows * cols);
  if (spec.storage == Storage::kF32) {
    std::memcpy(values.data(), data.data.data(), data.data.size());
    return values;
  }
  if (spec.storage == Storage::kF16) {
    std::vector<uint16_t> halves(values.size());
    std::memcpy(halves.data(), data.data.data(), data.data.size());
    for (size_t i = 0; i < values.size(); ++i) values[i] = FloatFromHalf(halves[i]);
    return values;
  }
  const Codes read = ReadCodes(spec, data);
  const size_t group = read.group == 0 ? cols : read.group;
  for (size_t row = 0; row < rows; ++row) {
    for (size_t col = 0; col < cols; ++col) {
      const size_t scale = read.scales.size() == 1 ? 0 : col / group * rows + row;
      values[row * cols + col] = static_cast<float>(read.codes[row * cols + col]) * read.scales[scale];
    }
  }
  return values;
}

void WriteVariant(const ModelFile& base, const Variant& variant, const std::string& path) {
  const ModelDescription stored = Stored(base.description(), variant);
  const Status written = StreamModel(path, stored, [&](size_t i, TensorSink& sink) {
    if (WasInterrupted()) return Status::Error(StatusCode::kIo, "interrupted");
    const TensorSpec& from = base.graph().tensors[i];
    const TensorSpec& to = stored.graph.tensors[i];
    const TensorData data = base.tensor(static_cast<int32_t>(i));
    if (SameStorage(from, to)) {
      TRITWISE_RETURN_IF_ERROR(sink.Data(data.data));
      return sink.Scales(data.scales);
    }
    StoredTensor recoded;
    try {  // the writer is built without exceptions
      recoded = Recode(from, data, to);
    } catch (const Error& error) {
      return Status::Error(StatusCode::kCorrupt, "%s", error.what());
    }
    TRITWISE_RETURN_IF_ERROR(sink.Data(recoded.data));
    return sink.Scales(recoded.scales);
  });
  ThrowIfInterrupted();
  ThrowIfError(written);
}

}  // namespace tritwise
