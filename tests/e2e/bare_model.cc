// Writes a model with random weights in which every operation, layout and measure occurs that runs without an operating
// system, for images of 784 pixels. Usage: bare_model FILE
#include <cstdio>
#include <exception>

#include "format/families/graph_builder.h"
#include "tests/support/random_model.h"

namespace tritwise::test {
namespace {

class AllOperations {
 public:
  AllOperations() : b_({InputKind::kFeatures, 784, 10, 0}, {}) {}

  Graph Build() {
    int32_t x = b_.Norm("input_norm", 0, NormKind::kRms, 1e-5f, true);
    x = Ternary("t2", x, 120, Storage::kT2, NormKind::kLayer, ActivationMeasure::kAbsMax);
    x = b_.Append("gate_of_one", {x}, 60, GatedActivationAttrs{ActivationKind::kSilu});
    // Both need x after it was rounded.
    const int32_t up = Ternary("t5", x, 60, Storage::kT5, NormKind::kRms, ActivationMeasure::kAbsMean);
    x = b_.Append("gate_of_two", {x, up}, 60, GatedActivationAttrs{ActivationKind::kReluSquared});
    const int32_t inner = Ternary("lut", x, 60, Storage::kLut, NormKind::kNone, ActivationMeasure::kAbsMedian);
    x = b_.Append("sum", {x, inner}, 60, AddAttrs{});
    x = Plain("f32", x, 330, Storage::kF32);
    x = b_.Append("relu", {x}, 330, ActivationAttrs{ActivationKind::kRelu});
    x = Plain("int6", x, 70, Storage::kI6);
    x = b_.Norm("norm", x, NormKind::kLayer, 1e-5f, false);
    x = Plain("f16", x, 66, Storage::kF16);
    x = b_.Append("silu", {x}, 66, ActivationAttrs{ActivationKind::kSilu});
    x = Plain("int8", x, 330, Storage::kI8);
    x = Plain("groups_of_t2", x, 71, Storage::kT2);
    x = b_.Append("relu_squared", {x}, 71, ActivationAttrs{ActivationKind::kReluSquared});
    x = Plain("int4", x, 650, Storage::kI4);
    return b_.Finish(Plain("groups_of_t5", x, 10, Storage::kT5));
  }

 private:
  int32_t Ternary(const std::string& name, int32_t input, int64_t outputs, Storage storage, NormKind norm,
                  ActivationMeasure measure) {
    TernaryLinearAttrs attrs;
    attrs.weight = b_.Tensor(name + ".weight", storage, outputs, b_.width(input));
    attrs.bias = b_.Tensor(name + ".bias", Storage::kF32, 1, outputs);
    attrs.quantiser.norm = norm;
    attrs.quantiser.measure = measure;
    if (norm == NormKind::kRms) attrs.quantiser.gain = b_.Tensor(name + ".gain", Storage::kF32, 1, b_.width(input));
    return b_.Append(name, {input}, outputs, attrs);
  }
  int32_t Plain(const std::string& name, int32_t input, int64_t outputs, Storage storage) {
    return b_.PlainLinear(name, input, b_.PlainMatrix(name + ".weight", storage, outputs, b_.width(input)), outputs,
                          true);
  }

  GraphBuilder b_;
};

// A scale for every row of t2's matrix.
Graph WithRowScales(Graph graph) {
  for (TensorSpec& t : graph.tensors) {
    if (t.name == "t2.weight") t.scale = ScaleKind::kRow;
  }
  return graph;
}

}  // namespace
}  // namespace tritwise::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bare_model FILE\n", stderr);
    return 2;
  }
  try {
    tritwise::test::WriteRandomModel(argv[1], tritwise::test::WithRowScales(tritwise::test::AllOperations().Build()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_model: %s\n", error.what());
    return 1;
  }
  return 0;
}
