// Two cases. Within a string nearly every token is allowed, so only those are looked at that are not always; anywhere
// else nearly none is, so everything is refused first and what is allowed put back.
#include "tritwise/json_mask.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "format/utf8.h"

namespace tritwise {
namespace {

constexpr float kRefused = -std::numeric_limits<float>::infinity();

// Whole characters that no string needs to escape.
bool IsPlain(std::string_view bytes) {
  for (const char byte : bytes) {
    if (static_cast<uint8_t>(byte) < 0x20 || byte == '"' || byte == '\\') return false;
  }
  return FindInvalidUtf8(bytes) == std::string_view::npos;
}

}  // namespace

TokenBytes::TokenBytes(const Tokenizer& tokenizer) : count_(static_cast<size_t>(tokenizer.size())) {
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    const std::string bytes = tokenizer.BytesOf(id);
    if (bytes.empty()) {
      empty_.push_back(id);
      continue;
    }
    const Token token{static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(bytes.size()), id};
    bytes_ += bytes;
    all_.tokens.push_back(token);
    if (!IsPlain(bytes)) unsafe_.tokens.push_back(token);
  }
  Finish(&all_);
  Finish(&unsafe_);
}

void TokenBytes::Finish(List* list) const {
  std::sort(list->tokens.begin(), list->tokens.end(),
            [&](const Token& a, const Token& b) { return BytesOf(a) < BytesOf(b); });
  std::string_view before;
  for (const Token& token : list->tokens) {
    const std::string_view bytes = BytesOf(token);
    const auto [end, other] = std::mismatch(before.begin(), before.end(), bytes.begin(), bytes.end());
    list->shared.push_back(static_cast<uint32_t>(end - before.begin()));
    before = bytes;
  }
}

// Calls one of the two for each token, in the list's order.
template <class Accepted, class Refused>
void TokenBytes::Walk(const List& list, const JsonConstraint& json, Accepted accepted, Refused refused) const {
  constexpr uint32_t kKept = 16;  // states after so many bytes of the last token looked at
  std::array<JsonConstraint, kKept + 1> after;
  after[0] = json;
  constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  uint32_t refused_from = kNone;  // the last token failed at this byte; those that share it fail too
  for (size_t i = 0; i < list.tokens.size(); ++i) {
    const Token& token = list.tokens[i];
    if (list.shared[i] > refused_from) {
      refused(token.id);
      continue;
    }
    const std::string_view bytes = BytesOf(token);
    uint32_t at = std::min(list.shared[i], kKept);
    JsonConstraint state = after[at];
    while (at < bytes.size() && state.Step(static_cast<uint8_t>(bytes[at]))) {
      ++at;
      if (at <= kKept) after[at] = state;
    }
    refused_from = at < bytes.size() ? at : kNone;
    refused_from == kNone ? accepted(token.id) : refused(token.id);
  }
}

bool MaskLogits(const TokenBytes& tokens, const JsonConstraint& json, std::span<const int32_t> end_ids,
                std::span<float> logits) {
  const auto in_range = [&](int32_t id) { return id >= 0 && static_cast<size_t>(id) < logits.size(); };
  std::vector<std::pair<int32_t, float>> ends;
  if (json.complete()) {
    for (const int32_t id : end_ids) {
      if (in_range(id)) ends.emplace_back(id, logits[static_cast<size_t>(id)]);
    }
  }
  bool any = !ends.empty();
  const auto put_back = [&](const std::vector<std::pair<int32_t, float>>& kept) {
    for (const auto& [id, logit] : kept) logits[static_cast<size_t>(id)] = logit;
  };
  const auto refuse = [&](int32_t id) {
    if (in_range(id)) logits[static_cast<size_t>(id)] = kRefused;
  };

  if (json.in_string()) {
    size_t allowed = tokens.all_.tokens.size() - tokens.unsafe_.tokens.size();
    tokens.Walk(
        tokens.unsafe_, json, [&](int32_t) { ++allowed; }, refuse);
    for (const int32_t id : tokens.empty_) refuse(id);
    for (const int32_t id : end_ids) refuse(id);
    for (size_t i = tokens.size(); i < logits.size(); ++i) logits[i] = kRefused;
    any = allowed != 0;
  } else {
    std::vector<std::pair<int32_t, float>> kept;
    tokens.Walk(
        tokens.all_, json,
        [&](int32_t id) {
          const bool is_end = std::find(end_ids.begin(), end_ids.end(), id) != end_ids.end();
          if (in_range(id) && !is_end) kept.emplace_back(id, logits[static_cast<size_t>(id)]);
        },
        [](int32_t) {});
    std::fill(logits.begin(), logits.end(), kRefused);
    put_back(kept);
    any = any || !kept.empty();
  }
  put_back(ends);
  return any;
}

}  // namespace tritwise
