// Appends tensors, values and operations to a graph; what the family builders share.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "format/families/pattern.h"
#include "format/graph.h"
#include "format/ternary_layout.h"

namespace tritwise {

// What the data say about a network: the ends that its family does not choose.
struct DataShape {
  InputKind input = InputKind::kTokens;
  int64_t input_width = 0;   // vocabulary, or features a row
  int64_t output_width = 0;  // logits a row
  int64_t context = 0;       // longest sequence; 0 where rows are independent
};

// How linears are stored and quantised, the same for every family.
struct LinearOptions {
  Storage ternary = Storage::kT2;
  Storage plain = Storage::kI8;  // head and embedding
  ActivationQuantiser quantiser{NormKind::kLayer, 1e-5f, kNoTensor, 128, -128};
  // Names of those that are ternary, of all that a family offers; * stands for any characters. Others are plain, f16.
  std::vector<std::string> ternary_linears = {"*"};
};

class GraphBuilder {
 public:
  GraphBuilder(const DataShape& shape, const LinearOptions& options) : options_(options) {
    graph_.input = shape.input;
    graph_.input_width = shape.input_width;
    graph_.context = shape.context;
    if (shape.input == InputKind::kFeatures) graph_.value_widths.push_back(shape.input_width);
  }

  int32_t Tensor(std::string name, Storage storage, int64_t rows, int64_t cols) {
    const ScaleKind scale = IsTernary(storage) ? ScaleKind::kTensor : ScaleKind::kNone;
    graph_.tensors.push_back({std::move(name), storage, scale, rows, cols});
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
  }

  // Of an embedding or a plain linear.
  int32_t PlainMatrix(std::string name, Storage storage, int64_t rows, int64_t cols) {
    const int32_t index = Tensor(std::move(name), Storage::kF32, rows, cols);
    StorePlain(graph_.tensors.back(), storage);
    return index;
  }

  // Returns the value that the operation writes.
  int32_t Append(std::string name, std::vector<int32_t> inputs, int64_t width, OpAttrs attrs) {
    graph_.value_widths.push_back(width);
    const auto output = static_cast<int32_t>(graph_.value_widths.size()) - 1;
    graph_.ops.push_back({std::move(name), std::move(inputs), output, std::move(attrs)});
    return output;
  }

  int32_t TernaryLinear(const std::string& name, int32_t input, int64_t outputs, bool bias = false) {
    const int64_t inputs = width(input);
    const auto& wanted = options_.ternary_linears;
    if (std::none_of(wanted.begin(), wanted.end(), [&](const auto& w) { return MatchesPattern(name, w); })) {
      const int32_t weight = Tensor(name + ".weight", Storage::kF16, outputs, inputs);
      return PlainLinear(name, input, weight, outputs, bias);
    }
    TernaryLinearAttrs attrs;
    attrs.weight = Tensor(name + ".weight", options_.ternary, outputs, inputs);
    if (bias) attrs.bias = Tensor(name + ".bias", Storage::kF32, 1, outputs);
    attrs.quantiser = options_.quantiser;
    if (attrs.quantiser.norm == NormKind::kRms) {
      attrs.quantiser.gain = Tensor(name + ".input_norm.gain", Storage::kF32, 1, inputs);
    }
    return Append(name, {input}, outputs, attrs);
  }

  int32_t Norm(const std::string& name, int32_t input, NormKind kind, float eps, bool gain) {
    if (kind == NormKind::kNone) return input;
    NormAttrs attrs{kind, eps, kNoTensor};
    if (gain) attrs.gain = Tensor(name + ".gain", Storage::kF32, 1, width(input));
    return Append(name, {input}, width(input), attrs);
  }

  int32_t PlainLinear(const std::string& name, int32_t input, int32_t weight, int64_t outputs, bool bias = false) {
    PlainLinearAttrs attrs;
    attrs.weight = weight;
    if (bias) attrs.bias = Tensor(name + ".bias", Storage::kF32, 1, outputs);
    return Append(name, {input}, outputs, attrs);
  }

  int64_t width(int32_t value) const { return graph_.value_widths[static_cast<size_t>(value)]; }
  const LinearOptions& options() const { return options_; }

  Graph Finish(int32_t output) {
    graph_.output = output;
    return std::move(graph_);
  }

 private:
  LinearOptions options_;
  Graph graph_;
};

}  // namespace tritwise
