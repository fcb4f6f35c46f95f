// From a checkpoint to a Hugging Face folder of the same family: config.json, model.safetensors, and
// tokenizer.json where the vocabulary is byte-level.
//
// The master weights go out as they are, so that others can go on training. What makes a network ternary
// (codes, norms within its linears, quantised activations) has no name there: config.json says under the key
// "tritwise" how to make it of them, and other programs compute the 16-bit network of the same weights.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "trainer/checkpoint.h"

namespace tritwise {

struct HuggingFaceOptions {
  std::string dtype = "f32";  // or f16, bf16
  bool dequantised = false;   // ternary matrices as code times scale instead of their master weights
};

// Returns what the folder could not be given, one line each, for the user to read. Throws Error: a network that
// neither family can express, `dequantised` where the network is not fully ternary, a weight too large for f16.
std::vector<std::string> ExportHuggingFace(const Checkpoint& checkpoint, const std::filesystem::path& folder,
                                           const HuggingFaceOptions& options);

}  // namespace tritwise
