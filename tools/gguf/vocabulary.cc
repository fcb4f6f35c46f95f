#include "tools/gguf/vocabulary.h"

#include <algorithm>

#include "trainer/data/byte_alphabet.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

// Types of pieces in GGUF.
int32_t TypeOf(PieceType type) {
  switch (type) {
    case PieceType::kUnknown:
      return 2;
    case PieceType::kControl:
      return 3;
    case PieceType::kAdded:
    case PieceType::kAddedNormalised:
      return 4;  // found in every text
    case PieceType::kUnused:
      return 5;
    case PieceType::kByte:
      return 6;
    default:
      return 1;
  }
}

// "[NAMEid]". Appended, not added: gcc 12 sees overlapping copies in sums of strings.
std::string Numbered(const char* name, size_t id) {
  std::string piece = "[";
  piece += name;
  piece += std::to_string(id);
  piece += ']';
  return piece;
}

bool IsMade(PieceType type) { return type == PieceType::kBytes; }

// The name that llama.cpp knows a way of cutting by. It takes whole words first with one of them only.
std::string SplitName(const Vocabulary& v) {
  switch (v.split) {
    case SplitPattern::kDigitTriples:
      return v.whole_words_first ? "llama-bpe" : "dbrx";
    case SplitPattern::kPlainRuns:
      if (!v.whole_words_first) return "gpt-2";
      break;
    case SplitPattern::kSingleDigits:
      if (!v.whole_words_first) return "qwen2";
      break;
  }
  throw Error("a vocabulary that takes whole words first and cuts texts this way has no place in llama.cpp");
}

void DescribeMerges(const Vocabulary& v, GgufMetadata* metadata) {
  std::vector<std::string> merges;
  for (const Merge& merge : v.merges) {
    merges.push_back(SpellingOfBytes(v.pieces[static_cast<size_t>(merge.left)]) + " " +
                     SpellingOfBytes(v.pieces[static_cast<size_t>(merge.right)]));
  }
  metadata->Text("tokenizer.ggml.pre", SplitName(v));
  metadata->Texts("tokenizer.ggml.merges", merges);
}

// "[0]", "[1]", ..., as a byte-level vocabulary that finds none of them in a text. GGUF has a way to say that there is
// no vocabulary, at which programs that ask about an id stop; as they do where one of the other kind lacks bytes.
std::vector<std::string> DescribeNoVocabulary(int64_t ids, GgufMetadata* metadata) {
  std::vector<std::string> pieces;
  for (size_t id = 0; id < static_cast<size_t>(ids); ++id) pieces.push_back(Numbered("", id));
  metadata->Text("tokenizer.ggml.model", "gpt2");
  metadata->Text("tokenizer.ggml.pre", "gpt-2");
  metadata->Texts("tokenizer.ggml.tokens", pieces);
  metadata->Ints("tokenizer.ggml.token_type", std::vector<int32_t>(pieces.size(), TypeOf(PieceType::kNormal)));
  metadata->Texts("tokenizer.ggml.merges", {});
  metadata->Bool("tokenizer.ggml.add_bos_token", false);
  return {"there is no vocabulary: ids stand as [0], [1], and so on"};
}

}  // namespace

std::vector<std::string> DescribeVocabulary(const Vocabulary& v, int64_t ids, GgufMetadata* metadata) {
  if (v.empty()) return DescribeNoVocabulary(ids, metadata);
  const bool byte_level = v.kind == VocabularyKind::kByteLevel;
  if (!byte_level && std::find(v.types.begin(), v.types.end(), PieceType::kByte) == v.types.end()) {
    throw Error("a vocabulary without bytes has no place in llama.cpp, which stops at characters that it lacks");
  }
  std::vector<std::string> pieces;
  std::vector<int32_t> types;
  for (size_t i = 0; i < v.pieces.size(); ++i) {
    // Names are unique there, and unused pieces may have none here.
    pieces.push_back(v.types[i] == PieceType::kUnused ? Numbered("UNUSED", i)
                     : IsMade(v.types[i])             ? SpellingOfBytes(v.pieces[i])
                                                      : v.pieces[i]);
    types.push_back(TypeOf(v.types[i]));
  }
  metadata->Text("tokenizer.ggml.model", byte_level ? "gpt2" : "llama");
  metadata->Texts("tokenizer.ggml.tokens", pieces);
  metadata->Ints("tokenizer.ggml.token_type", types);
  if (byte_level) {
    DescribeMerges(v, metadata);
  } else {
    metadata->Floats("tokenizer.ggml.scores", v.scores);
  }
  const auto id = [&](const char* key, int32_t value) {
    if (value >= 0) metadata->Uint(key, static_cast<uint64_t>(value));
  };
  id("tokenizer.ggml.bos_token_id", v.begin_id);
  id("tokenizer.ggml.eos_token_id", v.end_id);
  const auto unknown = std::find(v.types.begin(), v.types.end(), PieceType::kUnknown);
  if (unknown != v.types.end()) id("tokenizer.ggml.unknown_token_id", static_cast<int32_t>(unknown - v.types.begin()));
  metadata->Bool("tokenizer.ggml.add_bos_token", v.begin_id >= 0);
  metadata->Bool("tokenizer.ggml.add_eos_token", false);
  metadata->Bool("tokenizer.ggml.add_space_prefix", v.add_space_prefix);

  std::vector<std::string> differences;
  if (v.end_id < 0) {
    differences.emplace_back("the vocabulary has no end: llama.cpp takes an id of its own choice for one");
  }
  if (v.nfc)
    differences.emplace_back("llama.cpp does not normalise texts to NFC: those that this changes get other ids");
  return differences;
}

}  // namespace tritwise
