// Operations as structs with constant addresses, and the calls in order.
#include "tools/flatten/source.h"

#include "format/narrow_layout.h"
#include "runtime/arena.h"
#include "tools/flatten/literals.h"
#include "tools/flatten/placement.h"
#include "tools/flatten/weights.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr const char* kStorages[] = {"kF32", "kF16", "kI8", "kT2", "kT5", "kI6", "kI4", "kLut"};
constexpr const char* kNorms[] = {"kNone", "kLayer", "kRms"};
constexpr const char* kMeasures[] = {"kAbsMax", "kAbsMean", "kAbsMedian"};
constexpr const char* kActivations[] = {"kRelu", "kReluSquared", "kSilu"};

template <size_t kCount, class Enum>
std::string Name(const char* type, const char* const (&names)[kCount], Enum value) {
  return std::string(type) + "::" + names[static_cast<size_t>(value)];
}
std::string Name(Storage s) { return Name("Storage", kStorages, s); }
std::string Name(NormKind k) { return Name("NormKind", kNorms, k); }
std::string Name(ActivationMeasure m) { return Name("ActivationMeasure", kMeasures, m); }
std::string Name(ActivationKind k) { return Name("ActivationKind", kActivations, k); }

// One operation: its struct and how it is called.
struct OpSource {
  std::string header;        // of runtime/bare/ that has it
  std::string type;          // "TernaryLinear"
  std::string fields;        // ".x = ..., "
  std::string template_arg;  // "<Storage::kT2>" or nothing
  bool observed = false;
};

[[noreturn]] void Refuse(const Op& op) {
  throw Error("operation " + op.name + ": " + std::string(OpKindName(op.kind())) +
              " is not among those that run without an operating system");
}

class OpPrinter {
 public:
  OpPrinter(const Graph& graph, const FlatPlacement& placement) : graph_(graph), placement_(placement) {}

  OpSource Print(size_t index) {
    op_ = &graph_.ops[index];
    rounding_ = placement_.roundings[index];
    return std::visit([&](const auto& attrs) { return Source(attrs); }, op_->attrs);
  }
  // Where a value stands.
  std::string Value(int32_t v) const { return Place(placement_.values[static_cast<size_t>(v)]); }

 private:
  OpSource Source(const NormAttrs& a) const {
    return {"ops.h", "Norm",
            Field("x", Value(op_->inputs[0])) + Field("y", Value(op_->output)) + Width() +
                Field("eps", Literal(a.eps)) + Field("gain", Vector(a.gain)),
            "<" + Name(a.kind) + ">"};
  }
  OpSource Source(const ActivationAttrs& a) const {
    return {"ops.h", "Activation", Field("x", Value(op_->inputs[0])) + Field("y", Value(op_->output)) + Width(),
            "<" + Name(a.kind) + ">"};
  }
  OpSource Source(const GatedActivationAttrs& a) const {
    std::string up = Value(op_->inputs.back());
    if (op_->inputs.size() == 1) up += " + " + Literal(WidthOf(op_->output));
    return {"ops.h", "GatedActivation",
            Field("gate", Value(op_->inputs[0])) + Field("up", up) + Field("y", Value(op_->output)) + Width(),
            "<" + Name(a.kind) + ">"};
  }
  OpSource Source(const AddAttrs&) const {
    return {"ops.h", "Add",
            Field("a", Value(op_->inputs[0])) + Field("b", Value(op_->inputs[1])) + Field("y", Value(op_->output)) +
                Width(),
            ""};
  }
  OpSource Source(const TernaryLinearAttrs& a) const {
    const TensorSpec& w = Tensor(a.weight);
    return {"ternary_linear.h", "TernaryLinear",
            Rounding(a.quantiser, w) + Field("codes", TensorName(a.weight)) + Geometry("Ternary", w) +
                Field("scale", ScalesName(a.weight)) + Field("scale_stride", w.scale == ScaleKind::kRow ? "1" : "0") +
                Field("bias", Vector(a.bias)) + Field("y", Value(op_->output)),
            "<" + Name(w.storage) + ">", true};
  }
  OpSource Source(const PlainLinearAttrs& a) const {
    const TensorSpec& w = Tensor(a.weight);
    const std::string weight = TensorName(a.weight);
    const std::string tail = Field("bias", Vector(a.bias)) + Field("y", Value(op_->output));
    const std::string rows = Field("rows", Literal(static_cast<uint64_t>(w.rows)));
    OpSource source = {"plain_linear.h", "", "", ""};
    if (IsTernary(w.storage)) {
      source.type = "GroupedTernaryLinear";
      source.template_arg = "<" + Name(w.storage) + ">";
      source.fields = Rounding(a.quantiser, w) + Field("codes", weight) + Geometry("Ternary", w) +
                      Field("group_cols", Literal(static_cast<uint64_t>(w.group))) +
                      Field("scales", ScalesName(a.weight)) + tail;
    } else if (IsNarrow(w.storage)) {
      source.type = "NarrowLinear";
      source.fields = Rounding(a.quantiser, w) + Field("data", weight) + Geometry("Narrow", w) + tail;
    } else if (w.storage == Storage::kI8) {
      source.type = "Int8Linear";
      source.fields =
          Rounding(a.quantiser, w) + Field("weight", weight) + rows + Field("scales", ScalesName(a.weight)) + tail;
    } else {
      source.type = w.storage == Storage::kF32 ? "FloatLinear<float>" : "FloatLinear<uint16_t>";
      source.fields = Field("weight", weight) + rows + Field("cols", Literal(static_cast<uint64_t>(w.cols))) +
                      Field("bias", Vector(a.bias)) + Field("x", Value(op_->inputs[0])) +
                      Field("y", Value(op_->output));
    }
    return source;
  }
  OpSource Source(const EmbeddingAttrs&) const { Refuse(*op_); }
  OpSource Source(const AttentionAttrs&) const { Refuse(*op_); }
  OpSource Source(const std::monostate&) const { Refuse(*op_); }

  static std::string Field(const char* name, const std::string& value) {
    return "    ." + std::string(name) + " = " + value + ",\n";
  }
  const TensorSpec& Tensor(int32_t t) const { return graph_.tensors[static_cast<size_t>(t)]; }
  uint64_t WidthOf(int32_t value) const {
    return static_cast<uint64_t>(graph_.value_widths[static_cast<size_t>(value)]);
  }
  std::string Width() const { return Field("width", Literal(WidthOf(op_->output))); }
  static std::string Place(uint64_t bytes) { return "arena + " + Literal(bytes / sizeof(float)); }
  static std::string Vector(int32_t tensor) { return tensor == kNoTensor ? "nullptr" : TensorName(tensor); }
  static std::string Geometry(const std::string& kind, const TensorSpec& w) {
    return Field("geometry", "Make" + kind + "Geometry(" + Name(w.storage) + ", " + std::to_string(w.rows) + ", " +
                                 std::to_string(w.cols) + ")");
  }
  std::string Rounding(const ActivationQuantiser& q, const TensorSpec& weight) const {
    const std::string quantiser = "{.norm = " + Name(q.norm) + ", .norm_eps = " + Literal(q.norm_eps) +
                                  ", .gain = " + Vector(q.gain) + ", .range = " + std::to_string(q.range) +
                                  ".0f, .lowest = " + std::to_string(q.lowest) + ", .measure = " + Name(q.measure) +
                                  "}";
    return Field("input", "{.x = " + Value(op_->inputs[0]) + ", .normed = " + Place(rounding_->normed) +
                              ", .codes = " + Place(rounding_->codes) + ", .cols = " + std::to_string(weight.cols) +
                              ", .padded_cols = " + Literal(*RoundedCols(weight)) +
                              ",\n              .quantiser = " + quantiser + "}");
  }

  const Graph& graph_;
  const FlatPlacement& placement_;
  const Op* op_ = nullptr;
  std::optional<FlatPlacement::Rounding> rounding_;
};

constexpr uint64_t kMostBytes = uint64_t{1} << 31;
constexpr char kOpening[] = "// Written by tritwise flatten: ";

// Before buffers are placed: an attention's have no place here.
void CheckOps(const Graph& graph) {
  for (const Op& op : graph.ops) {
    if (op.kind() == OpKind::kEmbedding || op.kind() == OpKind::kAttention) Refuse(op);
  }
}

std::string PrintHeader(const Graph& graph, uint64_t arena_bytes, const std::string& space) {
  const auto constant = [](const char* name, uint64_t value) {
    return "inline constexpr size_t " + std::string(name) + " = " + Literal(value) + ";\n";
  };
  return std::string(kOpening) + "one row of features in, class scores out.\n#pragma once\n\n#include <cstddef>\n\n" +
         "#include \"runtime/bare/observer.h\"\n\nnamespace tritwise::" + space + " {\n\n" +
         constant("kInputs", static_cast<uint64_t>(graph.input_width)) +
         constant("kOutputs", static_cast<uint64_t>(graph.output_width())) + constant("kArenaBytes", arena_bytes) +
         "\n// Room for kInputs floats, to be filled before each Run, which writes over it.\nfloat* Input();\n\n"
         "// The kOutputs scores, valid until the next Run or write to Input().\n"
         "const float* Run(bare::SumsObserver observe = nullptr);\n\n}  // namespace tritwise::" +
         space + "\n";
}

std::string PrintCode(const Graph& graph, const FlatPlacement& placement, const std::string& space) {
  OpPrinter printer(graph, placement);
  std::string structs;
  std::string calls;
  bool has_observer = false;
  bool plain = false;
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const OpSource op = printer.Print(i);
    const std::string name = "kOp" + std::to_string(i);
    structs += "// " + Printable(graph.ops[i].name) + "\nconstexpr bare::" + op.type + " " + name + " = {\n" +
               op.fields + "};\n";
    calls += "  bare::Run" + op.template_arg + "(" + name + (op.observed ? ", observe" : "") + ");\n";
    has_observer |= op.observed;
    plain |= op.header == "plain_linear.h";
  }
  std::string code = std::string(kOpening) + "the operations in order.\n#include \"network.h\"\n\n";
  code += "#include \"runtime/bare/ops.h\"\n";
  if (plain) code += "#include \"runtime/bare/plain_linear.h\"\n";
  if (has_observer) code += "#include \"runtime/bare/ternary_linear.h\"\n";
  code += "#include \"weights.h\"\n\nnamespace tritwise::" + space + " {\nnamespace {\n\n";
  code += "alignas(" + std::to_string(runtime::kArenaAlignment) +
          ") [[gnu::section(\".bss.arena\")]] float arena[kArenaBytes / sizeof(float)];\n\n" + structs +
          "\n}  // namespace\n\nfloat* Input() { return " + printer.Value(0) + "; }\n\nconst float* Run(" +
          (has_observer ? "" : "[[maybe_unused]] ") + "bare::SumsObserver observe) {\n" + calls + "  return " +
          printer.Value(graph.output) + ";\n}\n\n}  // namespace tritwise::" + space + "\n";
  return code;
}

}  // namespace

FlatSource FlattenModel(const ModelFile& model, const std::string& space) {
  const Graph& graph = model.graph();
  CheckOps(graph);
  const FlatPlacement placement = PlaceFlat(graph);
  uint64_t weight_bytes = 0;  // all of it in a file that is mapped: no overflow
  for (const TensorSpec& t : graph.tensors) weight_bytes += DataBytes(t) + ScaleCount(t) * sizeof(float);
  if (weight_bytes >= kMostBytes || placement.bytes >= kMostBytes) {
    throw Error("weights of " + Literal(weight_bytes) + " bytes and an arena of " + Literal(placement.bytes) +
                ": beyond what a 32-bit machine addresses");
  }
  WeightSource weights = PrintWeights(model, space);
  return {PrintHeader(graph, placement.bytes, space),
          PrintCode(graph, placement, space),
          std::move(weights.header),
          std::move(weights.code),
          placement.bytes,
          weight_bytes};
}

std::string SampleSource(const uint8_t* pixels, size_t rows, size_t width) {
  return std::string(kOpening) +
         "samples for the test program.\n#include \"tools/bare/samples.h\"\n\nnamespace tritwise::bare {\n\n"
         "const size_t kSamples = " +
         Literal(static_cast<uint64_t>(rows)) + ";\n[[gnu::section(\".samples\")]] const uint8_t kSampleBytes[] = " +
         ArrayLiteral(std::span(pixels, rows * width)) + ";\n\n}  // namespace tritwise::bare\n";
}

}  // namespace tritwise
