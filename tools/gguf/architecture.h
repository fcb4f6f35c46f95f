// Which network of llama.cpp computes what a decoder of ours computes, and with which numbers.
//
// llama.cpp has fixed networks, each with a norm in some places and one epsilon for all of them. Ours has a norm of the
// block and one within each ternary linear. Two that follow each other are one where the first has no gain, or one
// that is the same for all columns (docs/gguf.md). That one's epsilon is about the square of the others'; where both
// kinds stand in one network, everything on the residual stream is multiplied by a power of two, which a norm undoes
// but for its epsilon.
#pragma once

#include <string>
#include <vector>

#include "format/model_file.h"
#include "tools/gguf/container.h"
#include "tools/gguf/decoder_parts.h"

namespace tritwise {

// Norms that follow each other, as one. No gain: 1 everywhere.
struct FoldedNorm {
  NormKind kind = NormKind::kNone;
  float eps = 0.0f;
  std::vector<float> gain;
};

// Throws Error where they are not one norm.
FoldedNorm FoldNorms(const ModelFile& model, const LinearPart& part, size_t cols);

struct Architecture {
  const char* name = "";
  bool norm_gains = false;         // norms in front of attention, feed-forward net and head have one
  bool sub_norms = false;          // there are norms in front of the attention output and the down projection
  bool scale_tensors = false;      // a matrix may have one f32 scale beside its blocks
  bool interleaved_pairs = false;  // rotary pairs are neighbours, not half a head apart
  float eps = 0.0f;
  float residual_factor = 1.0f;  // on the embedding and what is added to it; the last norm's gain takes it away again
};

// Throws Error, which says what has no place in any.
Architecture ChooseArchitecture(const ModelFile& model, const DecoderParts& parts);

void DescribeArchitecture(const Architecture& architecture, const Graph& graph, const DecoderParts& parts,
                          GgufMetadata* metadata);

}  // namespace tritwise
