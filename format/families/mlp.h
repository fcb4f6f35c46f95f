// Multi-layer perceptrons on rows of features, every linear ternary (arXiv 2411.05882).
#pragma once

#include "format/families/graph_builder.h"
#include "format/status.h"

namespace tritwise {

struct MlpConfig {
  std::vector<int64_t> hidden = {512, 512};
  ActivationKind activation = ActivationKind::kRelu;
  bool bias = true;

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    field("hidden", self.hidden);
    field("activation", self.activation);
    field("bias", self.bias);
  }
};

Result<Graph> BuildMlp(const MlpConfig& config, const DataShape& shape, const LinearOptions& options);

}  // namespace tritwise
