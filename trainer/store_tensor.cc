#include "trainer/store_tensor.h"

#include <algorithm>
#include <cstring>

#include "format/half.h"
#include "format/model_file.h"
#include "format/pack.h"
#include "trainer/group_quantiser.h"

namespace tritwise {
namespace {

template <class T>
std::vector<std::byte> ToBytes(std::span<const T> values) {
  std::vector<std::byte> bytes(values.size_bytes());
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

StoredTensor StoreGroups(const TensorSpec& spec, std::span<const float> weights) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  GroupCodes quantised = QuantiseGroups(spec, weights);
  StoredTensor stored;
  stored.data.resize(DataBytes(spec));
  if (IsTernary(spec.storage)) {
    PackTernary(MakeTernaryGeometry(spec.storage, rows, cols), quantised.codes, stored.data);
    stored.scales = std::move(quantised.scales);
    return stored;
  }
  std::vector<uint16_t> halves(quantised.scales.size());
  std::transform(quantised.scales.begin(), quantised.scales.end(), halves.begin(), HalfFromFloat);
  PackNarrow(MakeNarrowGeometry(spec.storage, rows, cols), quantised.codes, halves, stored.data);
  return stored;
}

}  // namespace

StoredTensor StoreTensor(const TensorSpec& spec, std::span<const float> weights, WeightMeasure measure) {
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  if (HasGroups(spec)) return StoreGroups(spec, weights);
  StoredTensor stored;
  switch (spec.storage) {
    case Storage::kF32:
      stored.data = ToBytes(weights);
      break;
    case Storage::kF16: {
      std::vector<uint16_t> halves(weights.size());
      std::transform(weights.begin(), weights.end(), halves.begin(), HalfFromFloat);
      stored.data = ToBytes(std::span<const uint16_t>(halves));
      break;
    }
    case Storage::kI8: {
      Int8Rows quantised = QuantiseRows(weights, rows, cols);
      stored.data = ToBytes(std::span<const int8_t>(quantised.codes));
      stored.scales = std::move(quantised.scales);
      break;
    }
    case Storage::kI6:
    case Storage::kI4:
      break;  // have groups
    case Storage::kT2:
    case Storage::kT5:
    case Storage::kLut: {
      const float scale = WeightScale(weights, measure);
      const TernaryGeometry geometry = MakeTernaryGeometry(spec.storage, rows, cols);
      stored.data.resize(geometry.total_bytes);
      PackTernary(geometry, TernaryCodes(weights, scale), stored.data);
      stored.scales = {scale};
      break;
    }
  }
  return stored;
}

}  // namespace tritwise
