// What a kind of vocabulary implements; internal to format/. Tokenizer owns one and has found the added tokens
// of the text before it asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "format/status.h"
#include "format/vocabulary.h"

namespace tritwise {

inline constexpr size_t kMaxPieceBytes = 2048;  // sentencepiece's 512 characters

class TokenizerModel {
 public:
  virtual ~TokenizerModel() = default;
  // Adds the ids of `text`; `at_start`: nothing of the text stands before it.
  virtual void Encode(std::string_view text, bool at_start, std::vector<int32_t>* ids) const = 0;
  // Adds what a piece of the vocabulary stands for; `at_start` says and learns whether anything came before it.
  virtual void Decode(int32_t id, bool* at_start, std::string* text) const = 0;
};

// Both check what only their kind knows; `vocabulary` must outlive the model.
Result<std::unique_ptr<TokenizerModel>> MakeSentencePieceBpe(const Vocabulary& vocabulary);
Result<std::unique_ptr<TokenizerModel>> MakeByteLevelBpe(const Vocabulary& vocabulary);

}  // namespace tritwise
