#include "tools/gguf/export.h"

#include <algorithm>
#include <utility>

#include "format/atomic_file.h"
#include "tools/gguf/architecture.h"
#include "tools/gguf/container.h"
#include "tools/gguf/tensor_rows.h"
#include "tools/gguf/vocabulary.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

// Bytes that are handed to the file at once.
constexpr size_t kPieceBytes = size_t{1} << 20;

// What a tensor of the GGUF file is made from: rows of one of ours, or numbers.
struct Piece {
  GgufTensor tensor;
  int32_t source = kNoTensor;
  size_t first_row = 0;
  size_t interleaved_head = 0;  // head size where rotary pairs become neighbours
  float factor = 1.0f;
  bool unit_scale = false;  // the scale stands in a tensor of its own
  std::vector<float> numbers;
};

class Exporter {
 public:
  Exporter(const ModelFile& model, GgufType type)
      : model_(model),
        type_(type),
        parts_(ReadDecoder(model.graph())),
        architecture_(ChooseArchitecture(model, parts_)) {}

  std::vector<std::string> Write(const std::string& path) {
    Collect();
    GgufMetadata metadata;
    metadata.Text("general.architecture", architecture_.name);
    metadata.Text("general.type", "model");
    metadata.Uint("general.file_type", FactsOf(type_).file_type);
    metadata.Uint("general.quantization_version", 2);
    metadata.Text("tritwise.producer", model_.description().producer);
    DescribeArchitecture(architecture_, model_.graph(), parts_, &metadata);
    std::vector<std::string> differences =
        DescribeVocabulary(model_.description().vocabulary, model_.graph().input_width, &metadata);
    if (parts_.activation == ActivationKind::kReluSquared) {
      differences.emplace_back(
          "the activation is relu_squared: llama.cpp before August 2026 ignores that and takes silu");
    }
    if (model_.description().chat) differences.emplace_back("the chat template is left out");

    AtomicFile file = ValueOrThrow(AtomicFile::Create(path));
    std::vector<GgufTensor> tensors;
    for (const Piece& piece : pieces_) tensors.push_back(piece.tensor);
    WriteGgufHead(file, metadata, tensors);
    for (const Piece& piece : pieces_) {
      WritePiece(piece, file);
      ThrowIfError(file.Pad(kGgufAlignment));
    }
    ThrowIfError(file.Commit());
    return differences;
  }

 private:
  const TensorSpec& Spec(int32_t tensor) const { return model_.graph().tensors[static_cast<size_t>(tensor)]; }

  void Numbers(const std::string& name, std::vector<float> values) {
    Piece piece;
    piece.tensor = {name, GgufType::kF32, values.size(), 0};
    piece.numbers = std::move(values);
    pieces_.push_back(std::move(piece));
  }

  void Norm(const std::string& name, const LinearPart& part, float factor = 1.0f) {
    const auto cols = static_cast<size_t>(Spec(part.weight).cols);
    FoldedNorm norm = FoldNorms(model_, part, cols);
    if (norm.gain.empty()) norm.gain.assign(cols, 1.0f);
    for (float& gain : norm.gain) gain *= factor;
    Numbers(name + ".weight", std::move(norm.gain));
  }

  // What a matrix is stored as: ternary ones in the file's type, others in their own precision.
  GgufType TypeOf(const TensorSpec& spec) const {
    const auto cols = static_cast<size_t>(spec.cols);
    if (IsTernaryWeight(spec)) {
      const GgufTypeFacts& facts = FactsOf(type_);
      if (cols % facts.block_cols == 0) return type_;
      throw Error("tensor " + spec.name + " has " + std::to_string(cols) + " columns, and " + std::string(facts.name) +
                  " has blocks of " + std::to_string(facts.block_cols) + ": give --gguf-type " +
                  (cols % 32 == 0 ? "q8_0, q4_0 (blocks of 32) or f16" : "f16"));
    }
    switch (spec.storage) {
      case Storage::kF32:
        return GgufType::kF32;
      case Storage::kF16:
        return GgufType::kF16;
      case Storage::kI4:
        return cols % 32 == 0 ? GgufType::kQ4_0 : GgufType::kF16;
      default:
        return cols % 32 == 0 ? GgufType::kQ8_0 : GgufType::kF16;
    }
  }

  // `rows` of a tensor from `first` on, and the scale that goes with them.
  void Rows(const std::string& name, int32_t source, size_t first, size_t rows, float factor, size_t head = 0) {
    const TensorSpec& spec = Spec(source);
    Piece piece;
    piece.tensor = {name + ".weight", TypeOf(spec), static_cast<uint64_t>(spec.cols), rows};
    piece.source = source;
    piece.first_row = first;
    piece.interleaved_head = head;
    piece.unit_scale = architecture_.scale_tensors && IsTernaryWeight(spec) && spec.scale == ScaleKind::kTensor;
    piece.factor = piece.unit_scale ? 1.0f : factor;
    const bool unit_scale = piece.unit_scale;
    pieces_.push_back(std::move(piece));
    if (unit_scale) Numbers(name + ".scale", {model_.tensor(source).scales[0] * factor});
  }

  void Matrix(const std::string& name, int32_t source, float factor = 1.0f) {
    Rows(name, source, 0, static_cast<size_t>(Spec(source).rows), factor);
  }

  void Collect() {
    const Architecture& a = architecture_;
    Matrix("token_embd", parts_.table, a.residual_factor);
    if (parts_.head.weight != parts_.table) Matrix("output", parts_.head.weight);
    // A tied head has the embedding's factor, once more than the norm takes away.
    if (a.norm_gains) Norm("output_norm", parts_.head, 1.0f / a.residual_factor);
    const auto head_size = static_cast<size_t>(parts_.attention.head_size);
    const size_t query = static_cast<size_t>(parts_.attention.heads) * head_size;
    const size_t key = static_cast<size_t>(parts_.attention.kv_heads) * head_size;
    const size_t pairs = a.interleaved_pairs ? head_size : 0;
    for (size_t i = 0; i < parts_.layers.size(); ++i) {
      const DecoderLayer& layer = parts_.layers[i];
      const std::string block = "blk." + std::to_string(i) + ".";
      if (a.norm_gains) Norm(block + "attn_norm", layer.qkv);
      Rows(block + "attn_q", layer.qkv.weight, 0, query, 1.0f, pairs);
      Rows(block + "attn_k", layer.qkv.weight, query, key, 1.0f, pairs);
      Rows(block + "attn_v", layer.qkv.weight, query + key, key, 1.0f);
      if (a.sub_norms) Norm(block + "attn_sub_norm", layer.attention_out);
      Matrix(block + "attn_output", layer.attention_out.weight, a.residual_factor);
      if (a.norm_gains) Norm(block + "ffn_norm", layer.gate_up);
      const auto width = static_cast<size_t>(Spec(layer.down.weight).cols);
      Rows(block + "ffn_gate", layer.gate_up.weight, 0, width, 1.0f);
      Rows(block + "ffn_up", layer.gate_up.weight, width, width, 1.0f);
      if (a.sub_norms) Norm(block + "ffn_sub_norm", layer.down);
      Matrix(block + "ffn_down", layer.down.weight, a.residual_factor);
    }
  }

  void WritePiece(const Piece& piece, AtomicFile& file) const {
    std::vector<std::byte> bytes;
    if (piece.source == kNoTensor) {
      EncodeRow(GgufType::kF32, piece.numbers, &bytes);
      return ThrowIfError(file.Write(bytes));
    }
    TensorRows rows(model_, piece.source);
    for (size_t i = 0; i < piece.tensor.rows; ++i) {
      size_t row = i;
      if (const size_t head = piece.interleaved_head; head != 0) {
        row = i / head * head + i % 2 * (head / 2) + i % head / 2;
      }
      AddRow(piece, rows, piece.first_row + row, &bytes);
      if (bytes.size() >= kPieceBytes || i + 1 == piece.tensor.rows) {
        ThrowIfError(file.Write(bytes));
        bytes.clear();
      }
    }
  }

  void AddRow(const Piece& piece, TensorRows& rows, size_t row, std::vector<std::byte>* bytes) const {
    std::vector<float> numbers = rows.are_codes() ? rows.Scales(row) : rows.Numbers(row);
    for (float& number : numbers) number = piece.unit_scale ? 1.0f : number * piece.factor;
    try {
      if (rows.are_codes()) {
        EncodeRow(piece.tensor.type, CodeRow{rows.Codes(row), numbers}, bytes);
      } else {
        EncodeRow(piece.tensor.type, numbers, bytes);
      }
    } catch (const Error& error) {
      throw Error("tensor " + Spec(piece.source).name + ": " + error.what());
    }
  }

  const ModelFile& model_;
  GgufType type_;
  DecoderParts parts_;
  Architecture architecture_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<std::string> WriteGguf(const ModelFile& model, const std::string& path, std::optional<GgufType> type) {
  const auto& tensors = model.graph().tensors;
  const bool ternary = std::any_of(tensors.begin(), tensors.end(), IsTernaryWeight);
  if (!ternary && type && *type != GgufType::kF16) {
    throw Error("there are no ternary matrices for " + std::string(FactsOf(*type).name) + ": give --gguf-type f16");
  }
  return Exporter(model, type.value_or(ternary ? GgufType::kTq2_0 : GgufType::kF16)).Write(path);
}

}  // namespace tritwise
