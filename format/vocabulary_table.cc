#include "format/vocabulary_table.h"

namespace tritwise {

flatbuffers::Offset<fb::Vocabulary> BuildVocabulary(flatbuffers::FlatBufferBuilder& b, const Vocabulary& v) {
  if (v.empty()) return 0;
  std::vector<uint8_t> type_bytes;
  for (const PieceType type : v.types) type_bytes.push_back(static_cast<uint8_t>(type));
  std::vector<int32_t> merge_ids;
  for (const Merge& merge : v.merges) merge_ids.insert(merge_ids.end(), {merge.left, merge.right});
  // One by one, not as arguments of one call: the same model is to be the same bytes from every compiler.
  const auto pieces = b.CreateVectorOfStrings(v.pieces);
  const auto scores = b.CreateVector(v.scores);
  const auto types = b.CreateVector(type_bytes);
  flatbuffers::Offset<flatbuffers::Vector<int32_t>> merges;
  if (!merge_ids.empty()) merges = b.CreateVector(merge_ids);
  return fb::CreateVocabulary(b, pieces, scores, types, v.begin_id, v.end_id, v.add_space_prefix,
                              static_cast<fb::VocabularyKind>(v.kind), static_cast<fb::SplitPattern>(v.split), v.nfc,
                              v.whole_words_first, merges);
}

Result<Vocabulary> ParseVocabulary(const fb::Vocabulary* table, const std::string& where) {
  Vocabulary v;
  if (table == nullptr) return v;
  const auto unknown = [&](const char* what, int value) {
    return Status::Error(StatusCode::kUnsupported, "%s: %s %d is unknown to this build", where.c_str(), what, value);
  };
  for (const auto* piece : *table->pieces()) v.pieces.push_back(piece->str());
  v.scores.assign(table->scores()->begin(), table->scores()->end());
  for (const uint8_t type : *table->types()) {
    if (type > static_cast<uint8_t>(PieceType::kUnused)) return unknown("piece type", type);
    v.types.push_back(static_cast<PieceType>(type));
  }
  v.begin_id = table->begin_id();
  v.end_id = table->end_id();
  v.add_space_prefix = table->add_space_prefix();

  const auto kind = static_cast<int>(table->kind());
  if (kind > static_cast<int>(VocabularyKind::kByteLevel)) return unknown("kind of vocabulary", kind);
  const auto split = static_cast<int>(table->split());
  if (split > static_cast<int>(SplitPattern::kSingleDigits)) return unknown("split pattern", split);
  v.kind = static_cast<VocabularyKind>(kind);
  v.split = static_cast<SplitPattern>(split);
  v.nfc = table->nfc();
  v.whole_words_first = table->whole_words_first();
  if (const auto* merges = table->merges(); merges != nullptr) {
    if (merges->size() % 2 != 0) {
      return Status::Error(StatusCode::kCorrupt, "%s: the vocabulary's merges are not pairs", where.c_str());
    }
    for (uint32_t i = 0; i < merges->size(); i += 2) v.merges.push_back({merges->Get(i), merges->Get(i + 1)});
  }
  return v;
}

}  // namespace tritwise
