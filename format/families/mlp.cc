#include "format/families/mlp.h"

namespace tritwise {

Result<Graph> BuildMlp(const MlpConfig& c, const DataShape& shape, const LinearOptions& options) {
  if (shape.input != InputKind::kFeatures) {
    return Status::Error(StatusCode::kInvalidArgument, "network.family: an mlp needs rows of features, not text");
  }
  GraphBuilder b(shape, options);
  int32_t x = 0;
  for (size_t i = 0; i < c.hidden.size(); ++i) {
    if (c.hidden[i] < 1 || c.hidden[i] >= (1 << 20)) {
      return Status::Error(StatusCode::kInvalidArgument, "network.hidden: widths must be from 1 to 1048575");
    }
    const std::string layer = "layers." + std::to_string(i);
    x = b.TernaryLinear(layer, x, c.hidden[i], c.bias);
    x = b.Append(layer + ".activation", {x}, c.hidden[i], ActivationAttrs{c.activation});
  }
  return b.Finish(b.TernaryLinear("scores", x, shape.output_width, c.bias));
}

}  // namespace tritwise
