// Small decoders for the tests of GGUF files, and what their tensors hold.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "format/names.h"
#include "format/transform.h"
#include "tests/support/random_model.h"
#include "tests/tools/gguf/reader.h"
#include "tools/gguf/export.h"
#include "trainer/error.h"

namespace tritwise::test {

// RMS norm without gain in front of blocks and within ternary linears; as wide as two blocks of 256.
inline DecoderOptions GgufDecoder() {
  DecoderOptions o;
  o.config.width = 256;
  o.config.layers = 2;
  o.config.heads = 4;
  o.config.kv_heads = 2;
  o.config.head_size = 64;
  o.config.feed_forward = 512;
  o.config.norm = NormKind::kRms;
  o.linear.quantiser = {NormKind::kRms, 1e-5f, kNoTensor, 127, -127};
  return o;
}

struct GgufFolder : TempDir {
  ModelFile Model(const Graph& graph, Vocabulary vocabulary = {}) const {
    WriteRandomModel(*this / "m.trit", graph, std::move(vocabulary));
    return ModelFile::Read(*this / "m.trit").value();
  }
  GgufFile Gguf(const ModelFile& model, std::optional<GgufType> type = {}) const {
    WriteGguf(model, *this / "m.gguf", type);
    return ReadGguf(*this / "m.gguf");
  }
  // The line that refuses the network; nothing is left behind.
  std::string Refusal(const Graph& graph, Vocabulary vocabulary = {}, std::optional<GgufType> type = {}) const {
    const ModelFile model = Model(graph, std::move(vocabulary));
    try {
      WriteGguf(model, *this / "refused.gguf", type);
    } catch (const Error& error) {
      CHECK_FALSE(std::filesystem::exists(*this / "refused.gguf"));
      return error.what();
    }
    return "accepted";
  }
};

inline int32_t TensorIndex(const Graph& graph, const std::string& name) {
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    if (graph.tensors[i].name == name) return static_cast<int32_t>(i);
  }
  throw std::runtime_error("no tensor " + name);
}

// The trits of a ternary matrix.
inline std::vector<int8_t> TritsOf(const ModelFile& model, const std::string& name) {
  const int32_t index = TensorIndex(model.graph(), name);
  const TensorSpec& spec = model.graph().tensors[static_cast<size_t>(index)];
  std::vector<int8_t> trits(static_cast<size_t>(spec.rows * spec.cols));
  REQUIRE(
      UnpackTernary(MakeTernaryGeometry(spec.storage, static_cast<size_t>(spec.rows), static_cast<size_t>(spec.cols)),
                    model.tensor(index).data, trits));
  return trits;
}

// The values of the embedding, whatever it is stored as.
inline std::vector<float> DequantisedEmbedding(const ModelFile& model) {
  const int32_t index = TensorIndex(model.graph(), "embedding.weight");
  const TensorSpec& spec = model.graph().tensors[static_cast<size_t>(index)];
  const TensorData tensor = model.tensor(index);
  const auto rows = static_cast<size_t>(spec.rows);
  const auto cols = static_cast<size_t>(spec.cols);
  std::vector<float> values(rows * cols);
  std::vector<int8_t> codes(values.size());
  std::vector<uint16_t> halves;
  if (IsTernary(spec.storage)) {
    codes = TritsOf(model, spec.name);
  } else if (IsNarrow(spec.storage)) {
    const NarrowGeometry geometry = MakeNarrowGeometry(spec.storage, rows, cols);
    halves.resize(rows * geometry.groups);
    REQUIRE(UnpackNarrow(geometry, tensor.data, codes, halves));
  } else if (spec.storage == Storage::kI8) {
    std::memcpy(codes.data(), tensor.data.data(), codes.size());
  }
  for (size_t row = 0; row < rows; ++row) {
    for (size_t col = 0; col < cols; ++col) {
      const size_t i = row * cols + col;
      const size_t group = HasGroups(spec) ? col / static_cast<size_t>(GroupCols(spec)) * rows + row : row;
      if (spec.storage == Storage::kF32) {
        std::memcpy(&values[i], tensor.data.data() + 4 * i, 4);
      } else if (spec.storage == Storage::kF16) {
        uint16_t half = 0;
        std::memcpy(&half, tensor.data.data() + 2 * i, 2);
        values[i] = FloatFromHalf(half);
      } else {
        values[i] = codes[i] * (IsNarrow(spec.storage) ? FloatFromHalf(halves[group]) : tensor.scales[group]);
      }
    }
  }
  return values;
}

}  // namespace tritwise::test
