#include "format/tokenizer.h"

#include <limits>
#include <utility>

#include "format/text/added_tokens.h"
#include "format/text/tokenizer_model.h"
#include "format/utf8.h"

namespace tritwise {

struct Tokenizer::Index {
  Vocabulary vocabulary;
  std::unique_ptr<TokenizerModel> model;
  AddedTokens added;              // found in every text
  AddedTokens added_and_special;  // found where the caller asks for control pieces too

  Status Check() const;
  void FindAddedTokens();
};

Status Tokenizer::Index::Check() const {
  const size_t size = vocabulary.pieces.size();
  const auto error = [](const char* what) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: %s", what);
  };
  if (size == 0) return error("no pieces");
  if (size > static_cast<size_t>(std::numeric_limits<int32_t>::max())) return error("more pieces than ids");
  if (vocabulary.types.size() != size) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: %zu pieces, but %zu types", size,
                         vocabulary.types.size());
  }
  for (const int32_t id : {vocabulary.begin_id, vocabulary.end_id}) {
    if (id < -1 || id >= static_cast<int32_t>(size)) {
      return Status::Error(StatusCode::kInvalidArgument, "vocabulary: begin or end is %d, outside its %zu pieces", id,
                           size);
    }
  }
  return Status();
}

void Tokenizer::Index::FindAddedTokens() {
  for (size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    const PieceType type = vocabulary.types[i];
    if (type != PieceType::kControl && type != PieceType::kAdded) continue;
    if (vocabulary.pieces[i].size() > AddedTokens::kMaxBytes) continue;
    added_and_special.Add(vocabulary.pieces[i], static_cast<int32_t>(i));
    if (type == PieceType::kAdded) added.Add(vocabulary.pieces[i], static_cast<int32_t>(i));
  }
  added.Sort();
  added_and_special.Sort();
}

Result<Tokenizer> Tokenizer::Make(Vocabulary vocabulary) {
  auto index = std::make_unique<Index>();
  index->vocabulary = std::move(vocabulary);
  TRITWISE_RETURN_IF_ERROR(index->Check());
  switch (index->vocabulary.kind) {
    case VocabularyKind::kSentencePiece: {
      TRITWISE_ASSIGN_OR_RETURN(index->model, MakeSentencePieceBpe(index->vocabulary));
      break;
    }
    case VocabularyKind::kByteLevel: {
      TRITWISE_ASSIGN_OR_RETURN(index->model, MakeByteLevelBpe(index->vocabulary));
      break;
    }
    default:
      return Status::Error(StatusCode::kInvalidArgument, "vocabulary: is of no known kind");
  }
  index->FindAddedTokens();
  return Tokenizer(std::move(index));
}

Tokenizer::Tokenizer(std::unique_ptr<const Index> index) : index_(std::move(index)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

int32_t Tokenizer::size() const { return static_cast<int32_t>(index_->vocabulary.pieces.size()); }
const Vocabulary& Tokenizer::vocabulary() const { return index_->vocabulary; }

std::vector<int32_t> Tokenizer::Encode(std::string_view text, EncodeOptions options) const {
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 4);
  const AddedTokens& added = options.parse_special ? index_->added_and_special : index_->added;
  added.Cut(
      text, [&](std::string_view part) { index_->model->Encode(part, ids.empty(), &ids); },
      [&](int32_t id) { ids.push_back(id); });
  return ids;
}

// Without control pieces.
void Tokenizer::EncodeOrdinary(std::string_view text, bool at_start, std::vector<int32_t>* ids) const {
  index_->added.Cut(
      text, [&](std::string_view part) { index_->model->Encode(part, at_start && ids->empty(), ids); },
      [&](int32_t id) { ids->push_back(id); });
}

std::vector<int32_t> Tokenizer::EncodeParts(std::span<const TextPart> parts, bool at_start) const {
  std::vector<int32_t> ids;
  std::string ordinary;  // since the last control piece
  const auto flush = [&] {
    EncodeOrdinary(ordinary, at_start, &ids);
    ordinary.clear();
  };
  for (const TextPart& part : parts) {
    if (!part.parse_special) {
      ordinary.append(part.text);
      continue;
    }
    index_->added_and_special.Cut(
        part.text, [&](std::string_view text) { ordinary.append(text); },
        [&](int32_t id) {
          const auto i = static_cast<size_t>(id);
          if (index_->vocabulary.types[i] != PieceType::kControl) {
            ordinary.append(index_->vocabulary.pieces[i]);
            return;
          }
          flush();
          ids.push_back(id);
        });
  }
  flush();
  return ids;
}

void Tokenizer::Append(int32_t id, bool* at_start, std::string* text) const {
  if (id < 0 || id >= size()) {
    text->append(kReplacementCharacter);
    *at_start = false;
    return;
  }
  index_->model->Decode(id, at_start, text);
}

std::string Tokenizer::Decode(std::span<const int32_t> ids) const {
  std::string text;
  bool at_start = true;
  for (const int32_t id : ids) Append(id, &at_start, &text);
  return text;
}

std::string Tokenizer::BytesOf(int32_t id) const {
  std::string bytes;
  bool at_start = false;
  Append(id, &at_start, &bytes);
  return bytes;
}

std::string StreamDecoder::Push(int32_t id) {
  tokenizer_->Append(id, &at_start_, &pending_);
  std::string whole;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const Utf8Char next = FirstUtf8Char(rest);
    if (next.state == Utf8State::kCut) break;
    whole.append(next.state == Utf8State::kWhole ? rest.substr(0, next.size_bytes) : kReplacementCharacter);
    rest.remove_prefix(next.size_bytes);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return whole;
}

std::string StreamDecoder::Finish() {
  std::string rest;
  for (size_t i = 0; i < pending_.size(); ++i) rest.append(kReplacementCharacter);
  pending_.clear();
  at_start_ = true;
  return rest;
}

}  // namespace tritwise
