// Sentencepiece byte-pair encoding by a heap of candidate merges, over segments that no merge can cross.
//
// Two neighbouring characters that stand side by side in no piece can never end up in one piece, so the
// text is cut between them and each part is merged alone: same result, small heaps, memory for one part
// at a time. A bitmap says which neighbours occur; where two pairs share a bit, a cut is missed and
// nothing else. Pieces are found by their text, not by the pair that made them: several pairs may make
// the same piece, and two characters that are unknown alone may make a known one.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>

#include "format/text/merge_neighbours.h"
#include "format/text/tokenizer_model.h"
#include "format/utf8.h"

namespace tritwise {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, a space within pieces
constexpr char32_t kSpaceCodePoint = 0x2581;
constexpr std::string_view kUnknownText = " \xE2\x81\x87 ";  // U+2047, as sentencepiece
constexpr size_t kMaxSegmentBytes = size_t{1} << 30;         // keeps offsets in 32 bits

// Which two characters stand side by side in some piece. May say yes too often.
class NeighbourSet {
 public:
  NeighbourSet() : bits_(size_t{1} << (kLogBits - 6)) {}
  void Add(char32_t left, char32_t right) {
    const size_t bit = Hash(left, right);
    bits_[bit >> 6] |= uint64_t{1} << (bit & 63);
  }
  bool MayContain(char32_t left, char32_t right) const {
    const size_t bit = Hash(left, right);
    return (bits_[bit >> 6] >> (bit & 63)) & 1;
  }

 private:
  static constexpr int kLogBits = 17;
  static size_t Hash(char32_t left, char32_t right) {
    const uint64_t pair = (uint64_t{left} << 32) | right;
    return static_cast<size_t>((pair * 0x9E3779B97F4A7C15u) >> (64 - kLogBits));
  }
  std::vector<uint64_t> bits_;
};

// Value of "<0x00>" to "<0xFF>", -1 for any other text.
int ByteOfPiece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  int value = 0;
  for (const char digit : piece.substr(3, 2)) {
    if (digit >= '0' && digit <= '9') {
      value = value * 16 + (digit - '0');
    } else if (digit >= 'A' && digit <= 'F') {
      value = value * 16 + (digit - 'A' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

class SentencePieceBpe : public TokenizerModel {
 public:
  explicit SentencePieceBpe(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  Status Build();
  void Encode(std::string_view text, bool at_start, std::vector<int32_t>* ids) const override;
  void Decode(int32_t id, bool* at_start, std::string* text) const override;

 private:
  class Encoder;
  Status AddPiece(int32_t id, int* bytes_seen);
  int32_t Find(std::string_view piece) const {
    if (piece.size() > longest_piece_bytes_) return -1;
    const auto found = normal_.find(piece);
    return found == normal_.end() ? -1 : found->second;
  }

  const Vocabulary& vocabulary_;
  std::unordered_map<std::string_view, int32_t> normal_;  // views into the vocabulary's pieces
  std::array<int32_t, 256> byte_ids_{};
  bool has_bytes_ = false;
  int32_t unknown_id_ = -1;
  size_t longest_piece_bytes_ = 0;
  NeighbourSet neighbours_;
};

Status SentencePieceBpe::AddPiece(int32_t id, int* bytes_seen) {
  const std::string_view piece = vocabulary_.pieces[static_cast<size_t>(id)];
  const PieceType type = vocabulary_.types[static_cast<size_t>(id)];
  if (type == PieceType::kUnused) return Status();
  const auto error = [id](const char* what) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: piece %d %s", id, what);
  };
  if (piece.empty()) return error("is empty");
  if (piece.size() > kMaxPieceBytes) return error("is longer than 2048 bytes");
  if (FindInvalidUtf8(piece) != std::string_view::npos) return error("is not UTF-8");
  if (!std::isfinite(vocabulary_.scores[static_cast<size_t>(id)])) return error("has a score that is not finite");

  switch (type) {
    case PieceType::kControl:
      return Status();
    case PieceType::kUnknown:
      if (unknown_id_ >= 0) return error("is a second unknown piece");
      unknown_id_ = id;
      return Status();
    case PieceType::kByte: {
      const int byte = ByteOfPiece(piece);
      if (byte < 0) return error("has the type of a byte but is not written <0x00> to <0xFF>");
      byte_ids_[static_cast<size_t>(byte)] = id;
      ++*bytes_seen;
      return Status();
    }
    case PieceType::kNormal: {
      normal_.emplace(piece, id);
      longest_piece_bytes_ = std::max(longest_piece_bytes_, piece.size());
      Utf8Char left = FirstUtf8Char(piece);
      for (size_t at = left.size_bytes; at < piece.size();) {
        const Utf8Char right = FirstUtf8Char(piece.substr(at));
        neighbours_.Add(left.code_point, right.code_point);
        at += right.size_bytes;
        left = right;
      }
      return Status();
    }
    default:
      return error("is of no type that a sentencepiece vocabulary has");
  }
}

Status SentencePieceBpe::Build() {
  const size_t size = vocabulary_.pieces.size();
  const auto error = [](const char* what) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: %s", what);
  };
  if (vocabulary_.scores.size() != size) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: %zu pieces, but %zu scores", size,
                         vocabulary_.scores.size());
  }

  std::unordered_map<std::string_view, int32_t> seen;
  seen.reserve(size);
  normal_.reserve(size);
  int bytes_seen = 0;
  for (int32_t id = 0; id < static_cast<int32_t>(size); ++id) {
    TRITWISE_RETURN_IF_ERROR(AddPiece(id, &bytes_seen));
    if (vocabulary_.types[static_cast<size_t>(id)] == PieceType::kUnused) continue;
    const auto [first, is_new] = seen.emplace(vocabulary_.pieces[static_cast<size_t>(id)], id);
    if (!is_new) {
      return Status::Error(StatusCode::kInvalidArgument, "vocabulary: pieces %d and %d are the same", first->second,
                           id);
    }
  }
  if (bytes_seen != 0 && bytes_seen != 256) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: %d of the 256 bytes have pieces; all or none",
                         bytes_seen);
  }
  has_bytes_ = bytes_seen == 256;
  if (!has_bytes_ && unknown_id_ < 0) return error("neither an unknown piece nor the 256 bytes");
  return Status();
}

// Takes characters one by one and gives ids, a segment at a time.
class SentencePieceBpe::Encoder {
 public:
  Encoder(const SentencePieceBpe& model, std::vector<int32_t>* ids) : model_(model), ids_(*ids) {}

  void AddCharacter(std::string_view utf8, char32_t code_point) {
    if (!symbols_.empty() &&
        (!model_.neighbours_.MayContain(last_, code_point) || segment_.size() > kMaxSegmentBytes)) {
      EncodeSegment();
    }
    const auto count = static_cast<uint32_t>(symbols_.size());
    if (count > 0) symbols_.back().next = count;
    symbols_.push_back({static_cast<uint32_t>(segment_.size()), static_cast<uint32_t>(utf8.size()),
                        count == 0 ? kNoSymbol : count - 1, kNoSymbol});
    segment_.append(utf8);
    last_ = code_point;
  }

  void AddInvalidByte(char byte) {
    EncodeSegment();
    AppendUnknown(std::string_view(&byte, 1));
  }

  void Finish() { EncodeSegment(); }

 private:
  // A part of the segment that is one piece by now; size 0 once it has been merged into its left neighbour.
  struct Symbol {
    uint32_t begin;
    uint32_t size_bytes;
    uint32_t previous;  // kNoSymbol: first
    uint32_t next;      // kNoSymbol: last
  };
  // Symbol `left` and its neighbour would make a piece. Stale once their sizes no longer add up.
  struct Candidate {
    float score;
    uint32_t left;
    uint32_t size_bytes;
    // Order of the heap, whose top is the greatest: by score, then the leftmost.
    bool operator<(const Candidate& other) const {
      return score < other.score || (score == other.score && left > other.left);
    }
  };

  std::optional<Candidate> Find(uint32_t left, uint32_t right) const {
    const uint32_t size_bytes = symbols_[left].size_bytes + symbols_[right].size_bytes;
    const int32_t id = model_.Find(std::string_view(segment_).substr(symbols_[left].begin, size_bytes));
    if (id < 0) return std::nullopt;
    return Candidate{model_.vocabulary_.scores[static_cast<size_t>(id)], left, size_bytes};
  }

  static bool Join(const Candidate& candidate, Symbol& left, Symbol& right) {
    if (left.size_bytes == 0 || left.size_bytes + right.size_bytes != candidate.size_bytes) return false;
    left.size_bytes = candidate.size_bytes;
    right.size_bytes = 0;
    return true;
  }

  void EncodeSegment() {
    if (symbols_.empty()) return;
    MergeNeighbours(
        symbols_, candidates_, [&](uint32_t left, uint32_t right) { return Find(left, right); }, Join);
    for (uint32_t i = 0; i != kNoSymbol; i = symbols_[i].next) {
      AppendPiece(std::string_view(segment_).substr(symbols_[i].begin, symbols_[i].size_bytes));
    }
    segment_.clear();
    symbols_.clear();
  }

  void AppendPiece(std::string_view piece) {
    const int32_t id = model_.Find(piece);
    if (id < 0) return AppendUnknown(piece);
    ids_.push_back(id);
    after_unknown_ = false;
  }

  void AppendUnknown(std::string_view piece) {
    if (model_.has_bytes_) {
      for (const char byte : piece) ids_.push_back(model_.byte_ids_[static_cast<uint8_t>(byte)]);
    } else if (!after_unknown_) {
      ids_.push_back(model_.unknown_id_);
    }
    after_unknown_ = true;
  }

  const SentencePieceBpe& model_;
  std::vector<int32_t>& ids_;
  bool after_unknown_ = false;
  std::string segment_;
  char32_t last_ = 0;  // last character of the segment
  std::vector<Symbol> symbols_;
  std::vector<Candidate> candidates_;
};

void SentencePieceBpe::Encode(std::string_view text, bool at_start, std::vector<int32_t>* ids) const {
  Encoder encoder(*this, ids);
  if (at_start && vocabulary_.add_space_prefix && !text.empty()) encoder.AddCharacter(kSpace, kSpaceCodePoint);
  while (!text.empty()) {
    const Utf8Char next = FirstUtf8Char(text);
    if (next.state != Utf8State::kWhole) {
      encoder.AddInvalidByte(text[0]);
    } else if (next.code_point == U' ') {
      encoder.AddCharacter(kSpace, kSpaceCodePoint);
    } else {
      encoder.AddCharacter(text.substr(0, next.size_bytes), next.code_point);
    }
    text.remove_prefix(next.size_bytes);
  }
  encoder.Finish();
}

void SentencePieceBpe::Decode(int32_t id, bool* at_start, std::string* text) const {
  std::string_view piece = vocabulary_.pieces[static_cast<size_t>(id)];
  switch (vocabulary_.types[static_cast<size_t>(id)]) {
    case PieceType::kUnknown:
      text->append(kUnknownText);
      break;
    case PieceType::kByte:
      text->push_back(static_cast<char>(ByteOfPiece(piece)));
      break;
    case PieceType::kNormal:
      if (*at_start && vocabulary_.add_space_prefix && piece.starts_with(kSpace)) piece.remove_prefix(kSpace.size());
      for (size_t space = piece.find(kSpace); space != std::string_view::npos; space = piece.find(kSpace)) {
        text->append(piece.substr(0, space));
        text->push_back(' ');
        piece.remove_prefix(space + kSpace.size());
      }
      text->append(piece);
      break;
    default:  // control and unused pieces
      return;
  }
  *at_start = false;
}

}  // namespace

Result<std::unique_ptr<TokenizerModel>> MakeSentencePieceBpe(const Vocabulary& vocabulary) {
  auto model = std::make_unique<SentencePieceBpe>(vocabulary);
  TRITWISE_RETURN_IF_ERROR(model->Build());
  return std::unique_ptr<TokenizerModel>(std::move(model));
}

}  // namespace tritwise
