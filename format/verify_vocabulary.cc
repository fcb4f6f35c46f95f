#include <cinttypes>

#include "format/verify.h"

namespace tritwise {
namespace {

Status CheckByteLevel(const Vocabulary& v, const std::string& where) {
  const auto bad = [&](const char* what) {
    return Status::Error(StatusCode::kCorrupt, "%s: the byte-level vocabulary %s", where.c_str(), what);
  };
  if (!v.scores.empty() || v.add_space_prefix) return bad("has scores or a space prefix");
  if (v.split > SplitPattern::kSingleDigits) return bad("has an unknown split pattern");
  for (const PieceType type : v.types) {
    if (type != PieceType::kControl && type < PieceType::kBytes) return bad("has a piece of another kind");
  }
  const auto is_bytes = [&](int32_t id) {
    return id >= 0 && static_cast<size_t>(id) < v.types.size() && v.types[static_cast<size_t>(id)] == PieceType::kBytes;
  };
  for (const Merge& merge : v.merges) {
    if (!is_bytes(merge.left) || !is_bytes(merge.right)) return bad("merges pieces that do not exist");
  }
  return Status();
}

Status CheckSentencePiece(const Vocabulary& v, const std::string& where) {
  if (!v.merges.empty() || v.nfc || v.whole_words_first || v.split != SplitPattern::kPlainRuns) {
    return Status::Error(StatusCode::kCorrupt, "%s: the vocabulary has scores and fields of a byte-level one too",
                         where.c_str());
  }
  for (const PieceType type : v.types) {
    if (type > PieceType::kByte && type != PieceType::kUnused) {
      return Status::Error(StatusCode::kCorrupt, "%s: the vocabulary has a piece of another kind", where.c_str());
    }
  }
  return Status();
}

}  // namespace

Status VerifyVocabulary(const Vocabulary& v, const Graph& graph, const std::string& where) {
  if (v.empty()) return Status();
  const size_t size = v.pieces.size();
  if (graph.input != InputKind::kTokens || size != static_cast<size_t>(graph.input_width)) {
    return Status::Error(StatusCode::kCorrupt, "%s: the vocabulary has %zu pieces, the network %" PRId64 " ids",
                         where.c_str(), size, graph.input_width);
  }
  const bool byte_level = v.kind == VocabularyKind::kByteLevel;
  const auto id_fits = [&](int32_t id) { return id >= -1 && id < static_cast<int64_t>(size); };
  if (v.scores.size() != (byte_level ? 0 : size) || v.types.size() != size || !id_fits(v.begin_id) ||
      !id_fits(v.end_id)) {
    return Status::Error(StatusCode::kCorrupt, "%s: the vocabulary contradicts itself", where.c_str());
  }
  for (const PieceType type : v.types) {
    if (type > PieceType::kUnused) {
      return Status::Error(StatusCode::kCorrupt, "%s: the vocabulary has a piece of unknown type", where.c_str());
    }
  }
  if (byte_level) return CheckByteLevel(v, where);
  if (v.kind == VocabularyKind::kSentencePiece) return CheckSentencePiece(v, where);
  return Status::Error(StatusCode::kCorrupt, "%s: the vocabulary is of an unknown kind", where.c_str());
}

Status VerifyDescription(const ModelDescription& description, const std::string& where) {
  TRITWISE_RETURN_IF_ERROR(VerifyGraph(description.graph, where));
  TRITWISE_RETURN_IF_ERROR(VerifyVocabulary(description.vocabulary, description.graph, where));
  if (!description.chat) return Status();
  const Status chat = VerifyChatTemplate(*description.chat, description.vocabulary);
  return chat.ok() ? chat : Status::Error(chat.code(), "%s: %s", where.c_str(), chat.message());
}

}  // namespace tritwise
