// Keeps a sampler to tokens that go on a JSON value (json_constraint.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/tokenizer.h"
#include "tritwise/json_constraint.h"

namespace tritwise {

// The bytes of every token of a vocabulary, in an order in which what begins alike stands together: what refuses one
// refuses all that begin so. Made once for a model; any number of threads may use it at the same time.
class TokenBytes {
 public:
  explicit TokenBytes(const Tokenizer& tokenizer);

  size_t size() const { return count_; }  // of the vocabulary

 private:
  friend bool MaskLogits(const TokenBytes& tokens, const JsonConstraint& json, std::span<const int32_t> end_ids,
                         std::span<float> logits);

  struct Token {
    uint32_t begin;  // in bytes_
    uint32_t size;
    int32_t id;
  };
  // Sorted by bytes.
  struct List {
    std::vector<Token> tokens;
    std::vector<uint32_t> shared;  // bytes that the token has in common with the one before it
  };

  std::string_view BytesOf(const Token& token) const {
    return std::string_view(bytes_).substr(token.begin, token.size);
  }
  void Finish(List* list) const;
  template <class Accepted, class Refused>
  void Walk(const List& list, const JsonConstraint& json, Accepted accepted, Refused refused) const;

  size_t count_ = 0;
  std::string bytes_;
  List all_;     // every token that stands for something
  List unsafe_;  // those of them that may not stand between two characters of a string whatever comes before and after
  std::vector<int32_t> empty_;  // stand for nothing: control and unused pieces
};

// Minus infinity for every token that could not follow what `json` has read; tokens without bytes are never allowed but
// for `end_ids`, which are exactly where the value is whole. False where nothing is left to choose (all are minus
// infinity then): the value is whole and there is no end id, or the vocabulary lacks what must follow.
bool MaskLogits(const TokenBytes& tokens, const JsonConstraint& json, std::span<const int32_t> end_ids,
                std::span<float> logits);

}  // namespace tritwise
