#include "trainer/data/tokenizer_json_writer.h"

#include <nlohmann/json.hpp>

#include "format/text/split.h"
#include "trainer/data/byte_alphabet.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using Json = nlohmann::json;

bool IsAdded(PieceType type) {
  return type == PieceType::kControl || type == PieceType::kAdded || type == PieceType::kAddedNormalised;
}

Json ByteLevel(bool use_regex) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", use_regex}};
}

Json PreTokenizer(SplitPattern pattern) {
  if (pattern == SplitPattern::kPlainRuns) return ByteLevel(true);
  const Json split = {
      {"type", "Split"}, {"pattern", {{"Regex", SplitRegex(pattern)}}}, {"behavior", "Isolated"}, {"invert", false}};
  return {{"type", "Sequence"}, {"pretokenizers", Json::array({split, ByteLevel(false)})}};
}

// Puts the begin piece in front of every text, where there is one.
Json PostProcessor(const Vocabulary& v) {
  if (v.begin_id < 0) return ByteLevel(true);
  const std::string& begin = v.pieces[static_cast<size_t>(v.begin_id)];
  const auto special = [&](int type_id) { return Json{{"SpecialToken", {{"id", begin}, {"type_id", type_id}}}}; };
  const auto sequence = [](const char* id, int type_id) {
    return Json{{"Sequence", {{"id", id}, {"type_id", type_id}}}};
  };
  return {{"type", "TemplateProcessing"},
          {"single", Json::array({special(0), sequence("A", 0)})},
          {"pair", Json::array({special(0), sequence("A", 0), special(1), sequence("B", 1)})},
          {"special_tokens",
           {{begin, {{"id", begin}, {"ids", Json::array({v.begin_id})}, {"tokens", Json::array({begin})}}}}}};
}

}  // namespace

std::string TokenizerJson(const Vocabulary& v) {
  Json vocab = Json::object();
  Json added = Json::array();
  for (size_t i = 0; i < v.pieces.size(); ++i) {
    if (v.types[i] == PieceType::kUnused) continue;
    // Added pieces stand in the vocabulary too: other programs take their ids from there.
    const std::string text = IsAdded(v.types[i]) ? v.pieces[i] : SpellingOfBytes(v.pieces[i]);
    if (!vocab.emplace(text, i).second) throw Error("vocabulary: two pieces would be written as \"" + text + "\"");
    if (!IsAdded(v.types[i])) continue;
    added.push_back({{"id", i},
                     {"content", v.pieces[i]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", v.types[i] == PieceType::kAddedNormalised},
                     {"special", v.types[i] == PieceType::kControl}});
  }
  Json merges = Json::array();
  for (const Merge& merge : v.merges) {
    merges.push_back(SpellingOfBytes(v.pieces[static_cast<size_t>(merge.left)]) + " " +
                     SpellingOfBytes(v.pieces[static_cast<size_t>(merge.right)]));
  }
  Json file = {{"version", "1.0"},
               {"truncation", nullptr},
               {"padding", nullptr},
               {"added_tokens", std::move(added)},
               {"normalizer", v.nfc ? Json{{"type", "NFC"}} : Json()},
               {"pre_tokenizer", PreTokenizer(v.split)},
               {"post_processor", PostProcessor(v)},
               {"decoder", ByteLevel(true)}};
  file["model"] = {{"type", "BPE"},
                   {"dropout", nullptr},
                   {"unk_token", nullptr},
                   {"continuing_subword_prefix", nullptr},
                   {"end_of_word_suffix", nullptr},
                   {"fuse_unk", false},
                   {"byte_fallback", false},
                   {"ignore_merges", v.whole_words_first},
                   {"vocab", std::move(vocab)},
                   {"merges", std::move(merges)}};
  try {
    return file.dump(1) + "\n";
  } catch (const Json::exception&) {
    throw Error("vocabulary: an added piece is not UTF-8, which a tokenizer.json cannot hold");
  }
}

}  // namespace tritwise
