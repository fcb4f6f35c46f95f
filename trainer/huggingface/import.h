// A Hugging Face folder as the start of a run: config.json, weights, and its tokenizer where it has one that
// we can read (tokenizer.model of sentencepiece, else tokenizer.json of a byte-level model).
#pragma once

#include <filesystem>
#include <string>

#include "trainer/start.h"

namespace tritwise {

// Throws Error.
Start ReadHuggingFace(const std::filesystem::path& folder, const std::string& origin);

}  // namespace tritwise
