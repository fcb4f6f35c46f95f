#include "format/description.h"

#include <type_traits>

#include "flatbuffers/flatbuffers.h"
#include "format/chat_table.h"
#include "format/vocabulary_table.h"
#include "model_generated.h"

namespace tritwise {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

// ---- to the FlatBuffer. What takes room in it is made one by one, never as two arguments of one call: the order of
// arguments is the compiler's, and the same model is to be the same bytes from every compiler.

Offset<fb::ActivationQuantiser> Build(FlatBufferBuilder& b, const ActivationQuantiser& q) {
  return fb::CreateActivationQuantiser(b, static_cast<fb::NormKind>(q.norm), q.norm_eps, q.gain, q.range, q.lowest,
                                       static_cast<fb::ActivationMeasure>(q.measure));
}

Offset<void> Build(FlatBufferBuilder& b, const EmbeddingAttrs& a) { return fb::CreateEmbedding(b, a.table).Union(); }
Offset<void> Build(FlatBufferBuilder& b, const NormAttrs& a) {
  return fb::CreateNorm(b, static_cast<fb::NormKind>(a.kind), a.eps, a.gain).Union();
}
Offset<void> Build(FlatBufferBuilder& b, const TernaryLinearAttrs& a) {
  return fb::CreateTernaryLinear(b, a.weight, a.bias, Build(b, a.quantiser)).Union();
}
Offset<void> Build(FlatBufferBuilder& b, const PlainLinearAttrs& a) {
  return fb::CreatePlainLinear(b, a.weight, a.bias, Build(b, a.quantiser)).Union();
}
Offset<void> Build(FlatBufferBuilder& b, const AttentionAttrs& a) {
  return fb::CreateAttention(b, a.heads, a.kv_heads, a.head_size, a.scale, static_cast<fb::Storage>(a.cache),
                             b.CreateVector(a.rotary_frequency))
      .Union();
}
Offset<void> Build(FlatBufferBuilder& b, const ActivationAttrs& a) {
  return fb::CreateActivation(b, static_cast<fb::ActivationKind>(a.kind)).Union();
}
Offset<void> Build(FlatBufferBuilder& b, const GatedActivationAttrs& a) {
  return fb::CreateGatedActivation(b, static_cast<fb::ActivationKind>(a.kind)).Union();
}
Offset<void> Build(FlatBufferBuilder& b, const AddAttrs&) { return fb::CreateAdd(b).Union(); }
Offset<void> Build(FlatBufferBuilder&, std::monostate) { return 0; }

fb::OpAttrs UnionType(OpKind kind) {
  switch (kind) {
#define TRITWISE_OP(Name, text) \
  case OpKind::k##Name:         \
    return fb::OpAttrs::Name;
#include "format/ops.inc"
#undef TRITWISE_OP
  }
  return fb::OpAttrs::NONE;
}

// ---- from the FlatBuffer

ActivationQuantiser Parse(const fb::ActivationQuantiser& q) {
  return {static_cast<NormKind>(q.norm()),
          q.norm_eps(),
          q.gain(),
          q.range(),
          q.lowest(),
          static_cast<ActivationMeasure>(q.measure())};
}

EmbeddingAttrs Parse(const fb::Embedding& a) { return {a.table()}; }
NormAttrs Parse(const fb::Norm& a) { return {static_cast<NormKind>(a.kind()), a.eps(), a.gain()}; }
TernaryLinearAttrs Parse(const fb::TernaryLinear& a) { return {a.weight(), a.bias(), Parse(*a.quantiser())}; }
PlainLinearAttrs Parse(const fb::PlainLinear& a) { return {a.weight(), a.bias(), Parse(*a.quantiser())}; }
AttentionAttrs Parse(const fb::Attention& a) {
  AttentionAttrs attrs{a.heads(), a.kv_heads(), a.head_size(), a.scale(), static_cast<Storage>(a.cache()), {}};
  if (a.rotary_frequency() != nullptr) {
    attrs.rotary_frequency.assign(a.rotary_frequency()->begin(), a.rotary_frequency()->end());
  }
  return attrs;
}
ActivationAttrs Parse(const fb::Activation& a) { return {static_cast<ActivationKind>(a.kind())}; }
GatedActivationAttrs Parse(const fb::GatedActivation& a) { return {static_cast<ActivationKind>(a.kind())}; }
AddAttrs Parse(const fb::Add&) { return {}; }

Result<Op> Parse(const fb::Op& table, size_t index, const std::string& where) {
  Op op;
  op.name = table.name()->str();
  op.inputs.assign(table.inputs()->begin(), table.inputs()->end());
  op.output = table.output();
  switch (table.attrs_type()) {
#define TRITWISE_OP(Name, text)                 \
  case fb::OpAttrs::Name:                       \
    op.attrs = Parse(*table.attrs_as_##Name()); \
    return op;
#include "format/ops.inc"
#undef TRITWISE_OP
    default:
      return Status::Error(StatusCode::kUnsupported, "%s: operation %zu (%s) is of a kind this build does not know",
                           where.c_str(), index, op.name.c_str());
  }
}

// What the FlatBuffers verifier does not ask. That vectors of 8-byte elements are aligned (builders align no empty
// ones); and that the strings and vectors within tables, copied out one by one, are not many times as large as the
// FlatBuffer: in a crafted one, thousands of offsets may point to the same megabyte.
bool IsAlignedAndModest(const fb::Model& model, std::span<const std::byte> bytes) {
  const auto aligned = [&](const auto& vector) {
    return vector.size() == 0 || (reinterpret_cast<const std::byte*>(vector.Data()) - bytes.data()) % 8 == 0;
  };
  if (!aligned(*model.value_widths()) || !aligned(*model.segments())) return false;

  uint64_t copied = 0;
  const auto add = [&](const auto* vector, size_t element_bytes) {
    if (vector != nullptr) copied += uint64_t{vector->size()} * element_bytes;
  };
  if (model.metadata() != nullptr) {
    for (const auto* entry : *model.metadata()) {
      add(entry->key(), 1);
      add(entry->value(), 1);
    }
  }
  for (const auto* tensor : *model.tensors()) add(tensor->name(), 1);
  for (const auto* op : *model.ops()) {
    add(op->name(), 1);
    add(op->inputs(), sizeof(int32_t));
    if (const auto* attention = op->attrs_as_Attention()) add(attention->rotary_frequency(), sizeof(float));
  }
  if (model.vocabulary() != nullptr) {
    for (const auto* piece : *model.vocabulary()->pieces()) add(piece, 1);
  }
  if (const auto* chat = model.chat()) {
    for (const auto* turn : {chat->system(), chat->user(), chat->assistant()}) {
      add(turn->prefix(), 1);
      add(turn->suffix(), 1);
    }
  }
  return copied / 16 <= bytes.size();
}

}  // namespace

std::vector<std::byte> BuildDescription(const ModelDescription& description, std::span<const TensorSegments> tensors,
                                        std::span<const SegmentPlace> segments) {
  FlatBufferBuilder b(1 << 16);
  const Graph& graph = description.graph;

  std::vector<Offset<fb::KeyValue>> metadata;
  for (const auto& [key, value] : description.metadata) {
    const auto key_string = b.CreateString(key);
    metadata.push_back(fb::CreateKeyValue(b, key_string, b.CreateString(value)));
  }
  std::vector<Offset<fb::Tensor>> tensor_tables;
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const TensorSpec& t = graph.tensors[i];
    const TensorSegments place = i < tensors.size() ? tensors[i] : TensorSegments{};
    tensor_tables.push_back(fb::CreateTensor(b, b.CreateString(t.name), static_cast<fb::Storage>(t.storage),
                                             static_cast<fb::ScaleKind>(t.scale), static_cast<uint64_t>(t.rows),
                                             static_cast<uint64_t>(t.cols), place.data, place.scales,
                                             static_cast<uint32_t>(t.group)));
  }
  std::vector<Offset<fb::Op>> op_tables;
  for (const Op& op : graph.ops) {
    const auto attrs = std::visit([&](const auto& a) { return Build(b, a); }, op.attrs);
    const auto name = b.CreateString(op.name);
    op_tables.push_back(fb::CreateOp(b, name, b.CreateVector(op.inputs), op.output, UnionType(op.kind()), attrs));
  }
  std::vector<fb::Segment> segment_structs;
  for (const SegmentPlace& s : segments) segment_structs.emplace_back(s.offset, s.size, s.checksum);
  const std::vector<uint64_t> widths(graph.value_widths.begin(), graph.value_widths.end());

  const auto vocabulary = BuildVocabulary(b, description.vocabulary);
  const auto chat = BuildChatTemplate(b, description.chat);
  const auto producer = b.CreateString(description.producer);
  const auto metadata_vector = b.CreateVector(metadata);
  const auto tensor_vector = b.CreateVector(tensor_tables);
  const auto width_vector = b.CreateVector(widths);
  const auto op_vector = b.CreateVector(op_tables);
  const auto segment_vector = b.CreateVectorOfStructs(segment_structs);
  fb::FinishModelBuffer(
      b, fb::CreateModel(b, producer, metadata_vector, static_cast<fb::InputKind>(graph.input),
                         static_cast<uint64_t>(graph.input_width), static_cast<uint64_t>(graph.context), tensor_vector,
                         width_vector, op_vector, graph.output, segment_vector, vocabulary, chat));
  const auto* data = reinterpret_cast<const std::byte*>(b.GetBufferPointer());
  return {data, data + b.GetSize()};
}

Result<ParsedDescription> ParseFlatBuffer(std::span<const std::byte> bytes, const std::string& where) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const Status invalid = Status::Error(StatusCode::kCorrupt, "%s: the graph is not a valid FlatBuffer", where.c_str());
  if (bytes.size() < 16 || bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) return invalid;
  // A table takes at least 8 bytes, so a bound of one table for every 4 bytes never refuses a good file.
  flatbuffers::Verifier verifier(data, bytes.size(), 16, static_cast<flatbuffers::uoffset_t>(bytes.size() / 4 + 16));
  if (!fb::VerifyModelBuffer(verifier) || !IsAlignedAndModest(*fb::GetModel(data), bytes)) return invalid;
  const fb::Model& model = *fb::GetModel(data);
  ParsedDescription parsed;
  ModelDescription& description = parsed.description;
  Graph& graph = description.graph;

  if (model.producer() != nullptr) description.producer = model.producer()->str();
  if (model.metadata() != nullptr) {
    for (const auto* entry : *model.metadata()) {
      description.metadata.emplace_back(entry->key()->str(), entry->value()->str());
    }
  }
  graph.input = static_cast<InputKind>(model.input());
  graph.input_width = static_cast<int64_t>(model.input_width());
  graph.context = static_cast<int64_t>(model.context());
  graph.output = model.output();
  for (const auto* t : *model.tensors()) {
    graph.tensors.push_back({t->name()->str(), static_cast<Storage>(t->storage()), static_cast<ScaleKind>(t->scale()),
                             static_cast<int64_t>(t->rows()), static_cast<int64_t>(t->cols()),
                             static_cast<int64_t>(t->group())});
    parsed.tensors.push_back({t->data(), t->scales()});
  }
  for (const uint64_t width : *model.value_widths()) graph.value_widths.push_back(static_cast<int64_t>(width));
  for (const auto* table : *model.ops()) {
    TRITWISE_ASSIGN_OR_RETURN(Op op, Parse(*table, graph.ops.size(), where));
    graph.ops.push_back(std::move(op));
  }
  for (const fb::Segment* s : *model.segments()) parsed.segments.push_back({s->offset(), s->size(), s->checksum()});
  TRITWISE_ASSIGN_OR_RETURN(description.vocabulary, ParseVocabulary(model.vocabulary(), where));
  description.chat = ParseChatTemplate(model.chat());
  return parsed;
}

}  // namespace tritwise
