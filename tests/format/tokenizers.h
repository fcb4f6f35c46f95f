// Tokenizers of vocabularies made by hand.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "format/tokenizer.h"

namespace tritwise::test {

inline Tokenizer MakeTokenizer(Vocabulary vocabulary) {
  Result<Tokenizer> tokenizer = Tokenizer::Make(std::move(vocabulary));
  if (!tokenizer.ok()) FAIL(tokenizer.status().message());
  return std::move(tokenizer).value();
}

// Why there is no tokenizer for it.
inline std::string TokenizerRefusal(Vocabulary vocabulary) {
  const Result<Tokenizer> tokenizer = Tokenizer::Make(std::move(vocabulary));
  return tokenizer.ok() ? "accepted" : tokenizer.status().message();
}

}  // namespace tritwise::test
