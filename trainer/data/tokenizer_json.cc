#include "trainer/data/tokenizer_json.h"

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "format/text/split.h"
#include "format/tokenizer.h"
#include "trainer/data/byte_alphabet.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

using Json = nlohmann::json;  // the ordered kind looks for each key of an object from its first one on

constexpr int64_t kMaxPieces = int64_t{1} << 20;

class Reader {
 public:
  Reader(const Json& file, const std::string& name) : file_(file), name_(name) {}

  Vocabulary Read() {
    vocabulary_.kind = VocabularyKind::kByteLevel;
    CheckModel();
    ReadNormalizer(At(file_, "normalizer"));
    ReadPreTokenizer(At(file_, "pre_tokenizer"));
    if (TypeOf(At(file_, "decoder")) != "ByteLevel") Refuse("decoder", At(file_, "decoder"));
    ReadPieces();
    ReadMerges();
    ReadPostProcessor(At(file_, "post_processor"));
    FindEnd();
    const Result<Tokenizer> tokenizer = Tokenizer::Make(vocabulary_);
    if (!tokenizer.ok()) Fail(tokenizer.status().message());
    return std::move(vocabulary_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const { throw Error(name_ + ": " + what); }

  // For a part of the pipeline that our tokenizer does not have: says what it is, cut to a line's length.
  [[noreturn]] void Refuse(const std::string& part, const Json& value) const {
    std::string found = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (found.size() > 160) found = found.substr(0, 160) + "...";
    Fail(part + " is not supported: " + found);
  }

  // Null where there is no such key.
  static const Json& At(const Json& object, const char* key) {
    static const Json kNull;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : kNull;
  }
  static std::string TypeOf(const Json& part) {
    const Json& type = At(part, "type");
    return type.is_string() ? type.get<std::string>() : "";
  }
  static bool Flag(const Json& part, const char* key) {
    const Json& value = At(part, key);
    return value.is_boolean() && value.get<bool>();
  }
  static bool IsEmpty(const Json& value) { return value.is_null() || value == "" || value == 0.0; }

  void CheckModel() {
    const Json& model = At(file_, "model");
    if (!model.is_object()) Fail("not a tokenizer.json: it has no model");
    // Older files leave the type out; only byte-pair models have merges.
    if (TypeOf(model) != "BPE" && !(TypeOf(model).empty() && At(model, "merges").is_array())) {
      Refuse("model.type", At(model, "type"));
    }
    for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!IsEmpty(At(model, key))) Refuse(std::string("model.") + key, At(model, key));
    }
    if (Flag(model, "byte_fallback")) Refuse("model.byte_fallback", At(model, "byte_fallback"));
    vocabulary_.whole_words_first = Flag(model, "ignore_merges");
  }

  void ReadNormalizer(const Json& part) {
    if (part.is_null()) return;
    if (TypeOf(part) == "NFC") {
      vocabulary_.nfc = true;
    } else if (TypeOf(part) == "Sequence" && At(part, "normalizers").is_array()) {
      for (const Json& step : At(part, "normalizers")) ReadNormalizer(step);
    } else {
      Refuse("normalizer", part);
    }
  }

  void ReadPreTokenizer(const Json& part) {
    const bool sequence = TypeOf(part) == "Sequence" && At(part, "pretokenizers").is_array();
    const Json steps = sequence ? At(part, "pretokenizers") : Json::array({part});
    const Json& bytes = steps.empty() ? part : steps.back();
    if (TypeOf(bytes) != "ByteLevel" || Flag(bytes, "add_prefix_space")) Refuse("pre_tokenizer", part);
    // Without the key a ByteLevel step cuts by its own pattern.
    const bool own_pattern = At(bytes, "use_regex").is_null() || Flag(bytes, "use_regex");
    if (steps.size() == 1 && own_pattern) {
      vocabulary_.split = SplitPattern::kPlainRuns;
    } else if (steps.size() == 2 && !own_pattern && TypeOf(steps[0]) == "Split") {
      ReadSplit(steps[0]);
    } else {
      Refuse("pre_tokenizer", part);
    }
  }

  void ReadSplit(const Json& split) {
    const Json& behavior = At(split, "behavior");
    const bool cuts =
        (behavior == "Isolated" && !Flag(split, "invert")) || (behavior == "Removed" && Flag(split, "invert"));
    const Json& regex = At(At(split, "pattern"), "Regex");
    for (const SplitPattern pattern :
         {SplitPattern::kPlainRuns, SplitPattern::kDigitTriples, SplitPattern::kSingleDigits}) {
      if (cuts && regex == SplitRegex(pattern)) {
        vocabulary_.split = pattern;
        return;
      }
    }
    Refuse("pre_tokenizer", split);
  }

  void ReadPieces() {
    std::unordered_map<int64_t, std::string> normal;
    for (const auto& [text, id] : At(At(file_, "model"), "vocab").items()) {
      if (!normal.emplace(Id(id, text), text).second) Fail("id " + id.dump() + " belongs to two pieces");
    }
    std::unordered_map<int64_t, const Json*> added;
    for (const Json& token : At(file_, "added_tokens")) {
      const Json& content = At(token, "content");
      if (!content.is_string()) Fail("an added token has no content");
      if (!added.emplace(Id(At(token, "id"), content.get<std::string>()), &token).second) {
        Fail("id " + At(token, "id").dump() + " belongs to two added tokens");
      }
    }
    vocabulary_.pieces.resize(static_cast<size_t>(last_id_ + 1));
    vocabulary_.types.resize(vocabulary_.pieces.size(), PieceType::kUnused);
    for (auto& [id, text] : normal) {
      if (added.contains(id)) continue;
      std::optional<std::string> bytes = BytesOfSpelling(text);
      if (!bytes) Fail("piece " + std::to_string(id) + " is not spelled in the byte-level alphabet");
      Set(id, std::move(*bytes), PieceType::kBytes);
    }
    for (const auto& [id, token] : added) AddToken(id, *token);
  }

  int64_t Id(const Json& id, const std::string& text) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= kMaxPieces) {
      Fail("piece " + Json(text).dump(-1, ' ', true, Json::error_handler_t::replace) + " has no id from 0 to " +
           std::to_string(kMaxPieces - 1));
    }
    last_id_ = std::max(last_id_, id.get<int64_t>());
    return id.get<int64_t>();
  }

  void Set(int64_t id, std::string piece, PieceType type) {
    vocabulary_.pieces[static_cast<size_t>(id)] = std::move(piece);
    vocabulary_.types[static_cast<size_t>(id)] = type;
  }

  void AddToken(int64_t id, const Json& token) {
    const auto content = At(token, "content").get<std::string>();
    const std::string where = "added token " + std::to_string(id);
    for (const char* key : {"lstrip", "rstrip", "single_word"}) {
      if (Flag(token, key)) Refuse(where, token);
    }
    const bool special = Flag(token, "special");
    const bool normalised = Flag(token, "normalized");
    if (special && normalised && vocabulary_.nfc) Refuse(where, token);
    Set(id, content, special ? PieceType::kControl : normalised ? PieceType::kAddedNormalised : PieceType::kAdded);
  }

  void ReadMerges() {
    std::unordered_map<std::string_view, int32_t> ids;
    for (size_t i = 0; i < vocabulary_.pieces.size(); ++i) {
      if (vocabulary_.types[i] == PieceType::kBytes) ids.emplace(vocabulary_.pieces[i], static_cast<int32_t>(i));
    }
    const Json& merges = At(At(file_, "model"), "merges");
    if (!merges.is_array()) Fail("model.merges is not a list");
    size_t rank = 0;
    for (const Json& merge : merges) {
      const auto id = [&](const std::string& text) {
        const std::optional<std::string> bytes = BytesOfSpelling(text);
        const auto found = bytes ? ids.find(*bytes) : ids.end();
        if (found == ids.end()) Fail("merge " + std::to_string(rank) + " joins a piece that is not in the vocabulary");
        return found->second;
      };
      // "left right" as one string, or a list of two.
      if (merge.is_string()) {
        const auto text = merge.get<std::string>();
        const size_t space = text.find(' ');
        if (space == text.npos) Fail("merge " + std::to_string(rank) + " is not two pieces");
        vocabulary_.merges.push_back({id(text.substr(0, space)), id(text.substr(space + 1))});
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        vocabulary_.merges.push_back({id(merge[0].get<std::string>()), id(merge[1].get<std::string>())});
      } else {
        Fail("merge " + std::to_string(rank) + " is not two pieces");
      }
      ++rank;
    }
  }

  void ReadPostProcessor(const Json& part) {
    const std::string type = TypeOf(part);
    if (part.is_null() || type == "ByteLevel") return;  // the latter moves offsets only
    if (type == "Sequence" && At(part, "processors").is_array()) {
      for (const Json& step : At(part, "processors")) ReadPostProcessor(step);
      return;
    }
    const Json& single = At(part, "single");
    if (type != "TemplateProcessing" || !single.is_array() || single.empty() || single.size() > 2 ||
        !At(single.back(), "Sequence").is_object()) {
      Refuse("post_processor", part);
    }
    if (single.size() == 1) return;
    const Json& id = At(At(single[0], "SpecialToken"), "id");
    vocabulary_.begin_id = id.is_string() ? FindControl(id.get<std::string>()) : -1;
    if (vocabulary_.begin_id < 0) Refuse("post_processor", part);
  }

  void FindEnd() {
    for (const char* text : {"<|endoftext|>", "<|end_of_text|>", "</s>"}) {
      if (vocabulary_.end_id < 0) vocabulary_.end_id = FindControl(text);
    }
  }

  int32_t FindControl(std::string_view text) const {
    for (size_t i = 0; i < vocabulary_.pieces.size(); ++i) {
      if (vocabulary_.types[i] == PieceType::kControl && vocabulary_.pieces[i] == text) return static_cast<int32_t>(i);
    }
    return -1;
  }

  const Json& file_;
  const std::string& name_;
  Vocabulary vocabulary_;
  int64_t last_id_ = -1;
};

}  // namespace

Vocabulary VocabularyFromTokenizerJson(std::string_view json, const std::string& name) {
  const Json file = Json::parse(json, nullptr, false);
  if (file.is_discarded()) throw Error(name + ": not JSON, or damaged");
  try {
    return Reader(file, name).Read();
  } catch (const Json::exception&) {
    throw Error(name + ": not a tokenizer.json, or damaged");
  }
}

}  // namespace tritwise
