// Byte-level byte-pair encoding: words of the split pattern, each merged alone by a heap of candidates.
//
// The pair that stands first in the list of merges is joined first, the leftmost of equals first, until no pair
// is in the list. A candidate is stale once one of its two symbols has become another. A byte that the vocabulary
// has no piece for (some have none for the 13 that no UTF-8 holds) is taken as U+FFFD.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "format/text/added_tokens.h"
#include "format/text/merge_neighbours.h"
#include "format/text/merge_table.h"
#include "format/text/nfc.h"
#include "format/text/split.h"
#include "format/text/tokenizer_model.h"
#include "format/utf8.h"

namespace tritwise {
namespace {

constexpr size_t kMaxWordBytes = size_t{1} << 30;  // keeps indices in 32 bits

class ByteLevelBpe : public TokenizerModel {
 public:
  explicit ByteLevelBpe(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  Status Build();
  void Encode(std::string_view text, bool at_start, std::vector<int32_t>* ids) const override;
  void Decode(int32_t id, bool* at_start, std::string* text) const override;

 private:
  class Merger;
  Status CheckPiece(int32_t id) const;
  Status AddPieces();
  Status AddMerges();
  // Id of the piece of raw bytes, -1 if there is none.
  int32_t Find(std::string_view piece) const;
  std::string_view Piece(int32_t id) const { return vocabulary_.pieces[static_cast<size_t>(id)]; }
  PieceType Type(int32_t id) const { return vocabulary_.types[static_cast<size_t>(id)]; }
  int32_t size() const { return static_cast<int32_t>(vocabulary_.pieces.size()); }

  const Vocabulary& vocabulary_;
  std::vector<int32_t> sorted_;  // ids of raw bytes, by their bytes
  std::array<int32_t, 256> byte_ids_{};
  MergeTable merges_;
  std::vector<int32_t> merged_;  // what each merge makes
  AddedTokens added_;            // found after the text was normalised
};

int32_t ByteLevelBpe::Find(std::string_view piece) const {
  const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), piece,
                                      [&](int32_t id, std::string_view bytes) { return Piece(id) < bytes; });
  return found == sorted_.end() || Piece(*found) != piece ? -1 : *found;
}

Status ByteLevelBpe::CheckPiece(int32_t id) const {
  const auto error = [id](const char* what) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: piece %d %s", id, what);
  };
  switch (Type(id)) {
    case PieceType::kUnused:
      return Status();
    case PieceType::kBytes:
      if (Piece(id).size() > kMaxPieceBytes) return error("is longer than 2048 bytes");
      break;
    case PieceType::kControl:
    case PieceType::kAdded:
    case PieceType::kAddedNormalised:
      if (Piece(id).size() > AddedTokens::kMaxBytes) return error("is longer than 256 bytes");
      break;
    default:
      return error("is of no type that a byte-level vocabulary has");
  }
  return Piece(id).empty() ? error("is empty") : Status();
}

Status ByteLevelBpe::AddPieces() {
  std::vector<int32_t> added;
  for (int32_t id = 0; id < size(); ++id) {
    TRITWISE_RETURN_IF_ERROR(CheckPiece(id));
    if (Type(id) == PieceType::kUnused) continue;
    (Type(id) == PieceType::kBytes ? sorted_ : added).push_back(id);
    if (Type(id) == PieceType::kAddedNormalised) added_.Add(Piece(id), id);
  }
  added_.Sort();
  for (std::vector<int32_t>* ids : {&sorted_, &added}) {
    std::sort(ids->begin(), ids->end(), [&](int32_t a, int32_t b) { return Piece(a) < Piece(b); });
    const auto same =
        std::adjacent_find(ids->begin(), ids->end(), [&](int32_t a, int32_t b) { return Piece(a) == Piece(b); });
    if (same != ids->end()) {
      return Status::Error(StatusCode::kInvalidArgument, "vocabulary: pieces %d and %d are the same",
                           std::min(*same, *(same + 1)), std::max(*same, *(same + 1)));
    }
  }
  for (size_t byte = 0; byte < 256; ++byte) {
    const char bytes = static_cast<char>(byte);
    byte_ids_[byte] = Find(std::string_view(&bytes, 1));
    const bool in_utf8 = byte != 0xC0 && byte != 0xC1 && byte < 0xF5;
    if (in_utf8 && byte_ids_[byte] < 0) {
      return Status::Error(StatusCode::kInvalidArgument, "vocabulary: byte 0x%02zX has no piece", byte);
    }
  }
  return Status();
}

Status ByteLevelBpe::AddMerges() {
  merged_.reserve(vocabulary_.merges.size());
  std::string joined;
  for (size_t rank = 0; rank < vocabulary_.merges.size(); ++rank) {
    const Merge merge = vocabulary_.merges[rank];
    for (const int32_t id : {merge.left, merge.right}) {
      if (id < 0 || id >= size() || Type(id) != PieceType::kBytes) {
        return Status::Error(StatusCode::kInvalidArgument, "vocabulary: merge %zu joins piece %d, which is not bytes",
                             rank, id);
      }
    }
    joined.assign(Piece(merge.left));
    joined.append(Piece(merge.right));
    merged_.push_back(Find(joined));
    if (merged_.back() < 0) {
      return Status::Error(StatusCode::kInvalidArgument, "vocabulary: merge %zu of pieces %d and %d makes no piece",
                           rank, merge.left, merge.right);
    }
  }
  TRITWISE_ASSIGN_OR_RETURN(merges_, MergeTable::Make(vocabulary_.merges, vocabulary_.pieces.size()));
  return Status();
}

Status ByteLevelBpe::Build() {
  if (!vocabulary_.scores.empty() || vocabulary_.add_space_prefix) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: scores or a space prefix beside byte-level pieces");
  }
  if (SplitRegex(vocabulary_.split).empty()) {
    return Status::Error(StatusCode::kInvalidArgument, "vocabulary: its split pattern is not known");
  }
  TRITWISE_RETURN_IF_ERROR(AddPieces());
  return AddMerges();
}

// Merges word after word; keeps its memory between them.
class ByteLevelBpe::Merger {
 public:
  Merger(const ByteLevelBpe& model, std::vector<int32_t>* ids) : model_(model), ids_(*ids) {}

  void Add(std::string_view word) {
    if (model_.vocabulary_.whole_words_first) {
      if (const int32_t id = model_.Find(word); id >= 0) return ids_.push_back(id);
    }
    symbols_.clear();
    for (const char byte : word) {
      if (const int32_t id = model_.byte_ids_[static_cast<uint8_t>(byte)]; id >= 0) {
        AddSymbol(id);
      } else {
        for (const char part : kReplacementCharacter) AddSymbol(model_.byte_ids_[static_cast<uint8_t>(part)]);
      }
    }
    symbols_.back().next = kNoSymbol;
    MergeNeighbours(
        symbols_, candidates_, [&](uint32_t left, uint32_t right) { return Find(left, right); },
        [&](const Candidate& candidate, Symbol& left, Symbol& right) { return Join(candidate, left, right); });
    for (uint32_t i = 0; i != kNoSymbol; i = symbols_[i].next) ids_.push_back(symbols_[i].id);
  }

 private:
  // A part of the word that is one piece by now; id -1 once it has been joined to its left neighbour.
  struct Symbol {
    int32_t id;
    uint32_t previous;  // kNoSymbol: first
    uint32_t next;      // kNoSymbol: last
  };
  struct Candidate {
    uint32_t rank;
    uint32_t left;
    // Order of the heap, whose top is the greatest: the earliest merge, then the leftmost.
    bool operator<(const Candidate& other) const {
      return rank > other.rank || (rank == other.rank && left > other.left);
    }
  };

  void AddSymbol(int32_t id) {
    const auto i = static_cast<uint32_t>(symbols_.size());
    symbols_.push_back({id, i == 0 ? kNoSymbol : i - 1, i + 1});
  }

  std::optional<Candidate> Find(uint32_t left, uint32_t right) const {
    const uint32_t rank = model_.merges_.Rank(symbols_[left].id, symbols_[right].id);
    if (rank == MergeTable::kNone) return std::nullopt;
    return Candidate{rank, left};
  }

  bool Join(const Candidate& candidate, Symbol& left, Symbol& right) const {
    const Merge& merge = model_.vocabulary_.merges[candidate.rank];
    if (left.id != merge.left || right.id != merge.right) return false;
    left.id = model_.merged_[candidate.rank];
    right.id = -1;
    return true;
  }

  const ByteLevelBpe& model_;
  std::vector<int32_t>& ids_;
  std::vector<Symbol> symbols_;
  std::vector<Candidate> candidates_;
};

void ByteLevelBpe::Encode(std::string_view text, bool, std::vector<int32_t>* ids) const {
  std::string storage;
  if (vocabulary_.nfc) text = ToNfc(text, &storage);
  Merger merger(*this, ids);
  added_.Cut(
      text,
      [&](std::string_view part) {
        while (!part.empty()) {
          const size_t word = std::min(FirstWordBytes(vocabulary_.split, part), kMaxWordBytes);
          merger.Add(part.substr(0, word));
          part.remove_prefix(word);
        }
      },
      [&](int32_t id) { ids->push_back(id); });
}

void ByteLevelBpe::Decode(int32_t id, bool* at_start, std::string* text) const {
  if (Type(id) == PieceType::kControl || Type(id) == PieceType::kUnused) return;
  text->append(Piece(id));
  *at_start = false;
}

}  // namespace

Result<std::unique_ptr<TokenizerModel>> MakeByteLevelBpe(const Vocabulary& vocabulary) {
  auto model = std::make_unique<ByteLevelBpe>(vocabulary);
  TRITWISE_RETURN_IF_ERROR(model->Build());
  return std::unique_ptr<TokenizerModel>(std::move(model));
}

}  // namespace tritwise
