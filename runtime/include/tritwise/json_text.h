// A text under way that is to become one JSON value: which tokens may come next, and whether it is whole.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "format/tokenizer.h"
#include "tritwise/json_mask.h"

namespace tritwise {

class JsonText {
 public:
  // Both are referred to. `end_ids`: what ends a text.
  JsonText(const Tokenizer& tokenizer, const TokenBytes& tokens, std::vector<int32_t> end_ids)
      : tokenizer_(tokenizer), tokens_(tokens), end_ids_(std::move(end_ids)) {}

  bool must_end() const { return json_.must_end(); }
  bool complete() const { return json_.complete(); }
  // The row with what cannot follow refused, valid until the next call; empty where everything is.
  std::span<const float> Mask(std::span<const float> logits) {
    masked_.assign(logits.begin(), logits.end());
    const bool any = MaskLogits(tokens_, json_, end_ids_, masked_);
    return any ? std::span<const float>(masked_) : std::span<const float>();
  }
  void Advance(int32_t token) { json_.Advance(tokenizer_.BytesOf(token)); }

 private:
  const Tokenizer& tokenizer_;
  const TokenBytes& tokens_;
  std::vector<int32_t> end_ids_;
  JsonConstraint json_;
  std::vector<float> masked_;
};

}  // namespace tritwise
