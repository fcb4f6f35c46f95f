// Small models with random weights, made by the real builders and written by the real writer: what tests
// of the runtime and of the command run on. Nothing is trained; the numbers are only well scaled.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "format/families/families.h"
#include "format/half.h"
#include "format/model_file.h"
#include "format/pack.h"
#include "tests/support/random.h"
#include "tests/support/temp_dir.h"

namespace tritwise::test {

// The bytes of every tensor of a graph, kept alive.
struct RandomWeights {
  std::vector<std::vector<std::byte>> data;
  std::vector<std::vector<float>> scales;

  std::vector<TensorData> views() const {
    std::vector<TensorData> all;
    for (size_t i = 0; i < data.size(); ++i) all.push_back({data[i], scales[i]});
    return all;
  }
};

template <class T>
std::vector<std::byte> ToBytes(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

inline std::vector<std::byte> RandomData(const TensorSpec& t, std::mt19937& random) {
  const auto rows = static_cast<size_t>(t.rows);
  const auto cols = static_cast<size_t>(t.cols);
  const size_t n = rows * cols;
  Random floats(random());  // the standard library's differ from machine to machine
  switch (t.storage) {
    case Storage::kF32: {  // gains and biases as well as matrices
      const float middle = t.rows == 1 && t.name.find("gain") != std::string::npos ? 1.0f : 0.0f;
      std::vector<float> x(n);
      for (float& v : x) v = middle + 0.3f * floats.Normal();
      return ToBytes(x);
    }
    case Storage::kF16: {
      std::vector<uint16_t> x(n);
      for (uint16_t& v : x) v = HalfFromFloat(0.3f * floats.Normal());
      return ToBytes(x);
    }
    case Storage::kI8: {
      std::vector<int8_t> x(n);
      for (int8_t& v : x) v = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
      return ToBytes(x);
    }
    case Storage::kI6:
    case Storage::kI4: {
      const NarrowGeometry geometry = MakeNarrowGeometry(t.storage, rows, cols);
      const int offset = NarrowOffset(t.storage);
      std::vector<int8_t> values(n);
      for (int8_t& v : values) v = static_cast<int8_t>(static_cast<int>(random() % 256) % (2 * offset) - offset);
      std::vector<uint16_t> scales(rows * geometry.groups);
      for (uint16_t& s : scales)
        s = HalfFromFloat((0.5f + 0.01f * static_cast<float>(random() % 50)) / static_cast<float>(offset));
      std::vector<std::byte> packed(geometry.total_bytes);
      PackNarrow(geometry, values, scales, packed);
      return packed;
    }
    case Storage::kT2:
    case Storage::kT5:
    case Storage::kLut:
      break;
  }
  std::vector<int8_t> trits(n);
  for (int8_t& v : trits) v = static_cast<int8_t>(static_cast<int>(random() % 3) - 1);
  const TernaryGeometry geometry = MakeTernaryGeometry(t.storage, rows, cols);
  std::vector<std::byte> packed(geometry.total_bytes);
  PackTernary(geometry, trits, packed);
  return packed;
}

inline RandomWeights MakeRandomWeights(const Graph& graph, uint32_t seed = 1) {
  std::mt19937 random(seed);
  RandomWeights weights;
  for (const TensorSpec& t : graph.tensors) {
    weights.data.push_back(RandomData(t, random));
    std::vector<float> scales(static_cast<size_t>(ScaleCount(t)));
    for (float& s : scales)
      s = (t.storage == Storage::kI8 ? 0.005f : 0.1f) * (1.0f + 0.01f * static_cast<float>(random() % 50));
    weights.scales.push_back(std::move(scales));
  }
  return weights;
}

// Every byte, two hundred and some pairs of letters, an unknown piece, and an end.
inline Vocabulary ByteVocabulary(bool begin) {
  Vocabulary v;
  const auto add = [&](std::string piece, float score, PieceType type) {
    v.pieces.push_back(std::move(piece));
    v.scores.push_back(score);
    v.types.push_back(type);
  };
  add("<unk>", 0.0f, PieceType::kUnknown);
  add("<s>", 0.0f, PieceType::kControl);
  add("</s>", 0.0f, PieceType::kControl);
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", static_cast<unsigned>(byte));
    add(name, 0.0f, PieceType::kByte);
  }
  add("\xE2\x96\x81", -100.0f, PieceType::kNormal);
  for (char c = 'a'; c <= 'z'; ++c) add(std::string(1, c), -200.0f, PieceType::kNormal);
  for (char c = 'a'; c <= 'z'; ++c) add(std::string("e") + c, -static_cast<float>(c), PieceType::kNormal);
  if (begin) v.begin_id = 1;
  v.end_id = 2;
  return v;
}

// A small decoder: three layers, fewer key heads than query heads, widths that fill no vector.
struct DecoderOptions {
  DecoderConfig config;
  LinearOptions linear;
  int64_t context = 96;
  int64_t vocabulary = 150;

  DecoderOptions() {
    config.width = 72;
    config.layers = 3;
    config.heads = 6;
    config.kv_heads = 2;
    config.head_size = 12;
    config.feed_forward = 100;
  }
};

inline Graph MustBuild(Result<Graph> graph) {
  if (!graph.ok()) throw std::runtime_error(graph.status().message());
  return std::move(graph).value();
}

inline Graph MakeDecoder(const DecoderOptions& o) {
  return MustBuild(BuildFamily(o.config, {InputKind::kTokens, o.vocabulary, o.vocabulary, o.context}, o.linear));
}

// A decoder wide enough for two groups of columns in every storage that has groups.
inline Graph MakeGroupedDecoder(Storage plain, bool tied = true) {
  DecoderOptions o;
  o.config.width = 324;
  o.config.head_size = 12;
  o.config.layers = 1;
  o.config.tied_head = tied;
  o.linear.plain = plain;
  return MakeDecoder(o);
}

// The storages of embeddings and heads whose weights have scales of groups.
inline constexpr Storage kGroupedStorages[] = {Storage::kI6, Storage::kI4, Storage::kT2, Storage::kT5};

inline Graph MakeMlp(const MlpConfig& config = {{70, 33}, ActivationKind::kRelu, true}, int64_t inputs = 50,
                     int64_t outputs = 10) {
  return MustBuild(BuildFamily(config, {InputKind::kFeatures, inputs, outputs, 0}, {}));
}

// The attentions of `graph` reading three values instead of one: their query | key | value linear becomes
// three linears with weights of their own.
inline Graph WithSplitAttention(Graph graph) {
  std::vector<Op> ops;
  for (const Op& op : graph.ops) {
    const auto* attention = std::get_if<AttentionAttrs>(&op.attrs);
    if (attention == nullptr) {
      ops.push_back(op);
      continue;
    }
    const Op joint = ops.back();
    ops.pop_back();
    Op split = op;
    split.inputs.clear();
    const int64_t key = int64_t{attention->kv_heads} * attention->head_size;
    for (const auto& [part, width] :
         {std::pair<const char*, int64_t>{"query", int64_t{attention->heads} * attention->head_size},
          {"key", key},
          {"value", key}}) {
      auto attrs = std::get<TernaryLinearAttrs>(joint.attrs);
      TensorSpec weight = graph.tensors[static_cast<size_t>(attrs.weight)];
      weight.name = op.name + "." + part;
      weight.rows = width;
      if (split.inputs.empty()) {  // in the place of the joint one, so that no tensor is left over
        graph.tensors[static_cast<size_t>(attrs.weight)] = weight;
      } else {
        graph.tensors.push_back(weight);
        attrs.weight = static_cast<int32_t>(graph.tensors.size()) - 1;
      }
      graph.value_widths.push_back(width);
      const auto value = static_cast<int32_t>(graph.value_widths.size()) - 1;
      ops.push_back({op.name + "." + part + "_linear", joint.inputs, value, attrs});
      split.inputs.push_back(value);
    }
    ops.push_back(split);
  }
  graph.ops = std::move(ops);
  return graph;
}

inline void WriteRandomModel(const std::string& path, const Graph& graph, Vocabulary vocabulary = {},
                             uint32_t seed = 1) {
  ModelDescription description{graph, std::move(vocabulary), "tritwise test", {{"origin", "random"}}};
  const RandomWeights weights = MakeRandomWeights(graph, seed);
  const Status status = WriteModel(path, description, weights.views());
  if (!status.ok()) throw std::runtime_error(status.message());
}

// A decoder that reads and writes text.
inline void WriteTextModel(const std::string& path, bool begin, int64_t context = 96) {
  Vocabulary vocabulary = ByteVocabulary(begin);
  DecoderOptions options;
  options.context = context;
  options.vocabulary = static_cast<int64_t>(vocabulary.pieces.size());
  WriteRandomModel(path, MakeDecoder(options), std::move(vocabulary));
}

}  // namespace tritwise::test
