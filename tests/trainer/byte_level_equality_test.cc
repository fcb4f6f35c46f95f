// Our byte-level tokenizer against a slow one that shares no code with it: the JSON read here, words by PCRE2, NFC
// by utf8proc, and merges by looking for the earliest pair again and again.
#include <catch2/catch.hpp>
#include <map>
#include <unordered_map>

#include "format/tokenizer.h"
#include "tests/support/data.h"
#include "tests/support/nfc_reference.h"
#include "tests/support/split_reference.h"
#include "tests/support/texts.h"
#include "trainer/data/tokenizer_json.h"
#include "trainer/data/tokenizer_json_writer.h"
#include "trainer/data/vocabulary.h"

namespace tritwise {
namespace {

using Ids = std::vector<int32_t>;
using Json = nlohmann::json;

const char* const kPlainRuns = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class Reference {
 public:
  explicit Reference(const Json& json) : words_(Regex(json["pre_tokenizer"])), nfc_(!json["normalizer"].is_null()) {
    for (int byte = 0, next = 256; byte < 256; ++byte) {
      const bool printable = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
      AppendUtf8(static_cast<char32_t>(printable ? byte : next++), &letters_[static_cast<size_t>(byte)]);
    }
    for (const auto& [piece, id] : json["model"]["vocab"].items()) vocab_[piece] = id;
    for (const auto& merge : json["model"]["merges"]) ranks_.emplace(merge, ranks_.size());
    for (const auto& token : json["added_tokens"]) {
      (token["normalized"] ? late_ : early_)[token["content"]] = {token["id"], token["special"]};
    }
  }

  // With U+FFFD for each byte that the vocabulary does not have.
  std::string Possible(std::string_view text) const {
    std::string possible;
    for (const char byte : text) {
      const bool known = vocab_.contains(letters_[static_cast<uint8_t>(byte)]);
      possible += known ? std::string(1, byte) : "\uFFFD";
    }
    return possible;
  }

  Ids Encode(std::string_view text, bool parse_special) {
    Ids ids;
    Cut(text, early_, parse_special, &ids, [&](std::string_view part) {
      const std::string normal = nfc_ ? test::ReferenceNfc(part) : std::string(part);
      Cut(normal, late_, parse_special, &ids, [&](std::string_view rest) {
        for (const std::string& word : words_.Words(rest)) {
          const Ids& merged = Word(word);
          ids.insert(ids.end(), merged.begin(), merged.end());
        }
      });
    });
    return ids;
  }

 private:
  struct Added {
    int32_t id;
    bool special;
  };

  static std::string Regex(const Json& part) {
    return part["type"] == "Sequence" ? part["pretokenizers"][0]["pattern"]["Regex"].get<std::string>() : kPlainRuns;
  }

  template <class Between>
  static void Cut(std::string_view text, const std::map<std::string, Added>& added, bool parse_special, Ids* ids,
                  Between between) {
    size_t begin = 0;
    for (size_t at = 0; at < text.size();) {
      const std::pair<const std::string, Added>* longest = nullptr;
      for (const auto& entry : added) {
        if (entry.first[0] != text[at] || (entry.second.special && !parse_special)) continue;
        if (text.substr(at).starts_with(entry.first) &&
            (longest == nullptr || entry.first.size() > longest->first.size())) {
          longest = &entry;
        }
      }
      if (longest == nullptr) {
        ++at;
        continue;
      }
      if (at > begin) between(text.substr(begin, at - begin));
      ids->push_back(longest->second.id);
      begin = at += longest->first.size();
    }
    if (begin < text.size()) between(text.substr(begin));
  }

  const Ids& Word(const std::string& word) {
    const auto [entry, is_new] = known_.emplace(word, Ids());
    if (!is_new) return entry->second;
    std::vector<std::string> parts;
    for (const char byte : word) parts.push_back(letters_[static_cast<uint8_t>(byte)]);
    while (true) {
      size_t best = parts.size();
      size_t best_rank = ranks_.size();
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto found = ranks_.find(parts[i] + " " + parts[i + 1]);
        if (found != ranks_.end() && found->second < best_rank) {
          best = i;
          best_rank = found->second;
        }
      }
      if (best == parts.size()) break;
      parts[best] += parts[best + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    for (const std::string& part : parts) entry->second.push_back(vocab_.at(part));
    return entry->second;
  }

  test::SplitReference words_;
  bool nfc_;
  std::array<std::string, 256> letters_;
  std::unordered_map<std::string, int32_t> vocab_;
  std::unordered_map<std::string, size_t> ranks_;
  std::map<std::string, Added> early_;
  std::map<std::string, Added> late_;
  std::unordered_map<std::string, Ids> known_;
};

// The same file in both implementations.
struct Both {
  Reference theirs;
  Tokenizer ours;

  explicit Both(const std::filesystem::path& path)
      : theirs(Json::parse(ReadFile(path))), ours(std::move(Tokenizer::Make(LoadVocabulary(path))).value()) {}

  // What decoding gives.
  std::string Back(std::string_view text) const {
    return theirs.Possible(ours.vocabulary().nfc ? test::ReferenceNfc(text) : std::string(text));
  }

  void Compare(std::string_view text, bool parse_special = false) {
    const Ids expected = theirs.Encode(theirs.Possible(text), parse_special);
    const Ids ids = ours.Encode(text, {.parse_special = parse_special});
    if (ids != expected) {
      size_t at = 0;
      while (at < ids.size() && at < expected.size() && ids[at] == expected[at]) ++at;
      FAIL("ids differ from number " << at << " on, in: " << text.substr(0, 300));
    }
    if (parse_special) return;
    if (ours.Decode(ids) != Back(text)) FAIL("decoding does not give the text back: " << text.substr(0, 300));
  }
};

Both& Loaded(const std::filesystem::path& root, const std::string& name) {
  static std::map<std::string, Both> loaded;
  return loaded.try_emplace(name, root / "tokenizers" / (name + ".json")).first->second;
}

const std::vector<std::string> kNames = {"dolma2", "olmo-dolma-v1_5"};

TEST_CASE("Real tokenizers are read with their sizes, ends and pipelines") {
  TRITWISE_NEEDS_DATA(root);
  const Vocabulary& first = Loaded(root, "dolma2").ours.vocabulary();
  CHECK(first.pieces.size() == 100278);
  CHECK(first.merges.size() == 100000);
  CHECK(first.split == SplitPattern::kDigitTriples);
  CHECK_FALSE(first.nfc);
  CHECK(first.begin_id == -1);
  CHECK(first.end_id == 100257);
  const Vocabulary& second = Loaded(root, "olmo-dolma-v1_5").ours.vocabulary();
  CHECK(second.pieces.size() == 50280);
  CHECK(second.merges.size() == 50009);
  CHECK(second.split == SplitPattern::kPlainRuns);
  CHECK(second.nfc);
  CHECK(second.end_id == 50279);
}

TEST_CASE("Real tokenizers are written and read back as they were") {
  TRITWISE_NEEDS_DATA(root);
  for (const std::string& name : kNames) {
    const Vocabulary& v = Loaded(root, name).ours.vocabulary();
    const Vocabulary again = VocabularyFromTokenizerJson(TokenizerJson(v), "again");
    CHECK(again.pieces == v.pieces);
    CHECK(again.types == v.types);
    CHECK(again.merges == v.merges);
    CHECK(again.split == v.split);
    CHECK(again.nfc == v.nfc);
    CHECK(again.begin_id == v.begin_id);
    CHECK(again.end_id == v.end_id);
  }
}

TEST_CASE("Texts give the ids that are published for them") {
  TRITWISE_NEEDS_DATA(root);
  // From OpenAI's cookbook ("How to count tokens with tiktoken"): dolma2 has the ids of cl100k_base.
  const Tokenizer& first = Loaded(root, "dolma2").ours;
  CHECK(first.Encode("tiktoken is great!") == Ids{83, 1609, 5963, 374, 2294, 0});
  CHECK(first.Encode("antidisestablishmentarianism") == Ids{519, 85342, 34500, 479, 8997, 2191});
  CHECK(first.Encode("2 + 2 = 4") == Ids{17, 489, 220, 17, 284, 220, 19});
  CHECK(first.Encode("\u304A\u8A95\u751F\u65E5\u304A\u3081\u3067\u3068\u3046") ==
        Ids{33334, 45918, 243, 21990, 9080, 33334, 62004, 16556, 78699});
  CHECK(Loaded(root, "olmo-dolma-v1_5").ours.Encode("Hello world") == Ids{12092, 1533});
}

TEST_CASE("Hard texts are encoded and decoded as the reference does") {
  TRITWISE_NEEDS_DATA(root);
  for (const std::string& name : kNames) {
    for (const std::string& text : test::HardTexts()) {
      Loaded(root, name).Compare(text);
      Loaded(root, name).Compare(text, true);
    }
  }
}

TEST_CASE("Random texts are encoded and decoded as the reference does") {
  TRITWISE_NEEDS_DATA(root);
  std::mt19937 random(1);
  for (int i = 0; i < 10000; ++i) {
    std::string text = test::RandomText(random, 40);
    for (size_t more = random() % 4; more > 0; --more) text += test::RandomCharacter(random);
    for (const std::string& name : kNames) Loaded(root, name).Compare(text, i % 2 == 0);
  }
}

TEST_CASE("The King James Bible is encoded and decoded as the reference does") {
  TRITWISE_NEEDS_DATA(root);
  std::string text;
  std::FILE* pipe = popen("bible -f gen1:1-rev22:21", "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text.push_back(static_cast<char>(c));
  REQUIRE(pclose(pipe) == 0);
  REQUIRE(text.size() > 4000000);
  for (const std::string& name : kNames) Loaded(root, name).Compare(text);
}

TEST_CASE("Shakespeare and the tasks are encoded and decoded as the reference does") {
  TRITWISE_NEEDS_DATA(root);
  std::vector<std::string> texts = test::TaskTexts(root);
  REQUIRE(texts.size() == 11);
  texts.push_back(ReadFile(root / "text" / "tinyshakespeare.txt"));
  for (const std::string& name : kNames) {
    for (const std::string& text : texts) Loaded(root, name).Compare(text);
  }
}

TEST_CASE("A text never becomes a special piece unless that is asked for") {
  TRITWISE_NEEDS_DATA(root);
  for (const std::string& name : kNames) {
    const Tokenizer& tokenizer = Loaded(root, name).ours;
    const int32_t end = tokenizer.vocabulary().end_id;
    const Ids plain = tokenizer.Encode("a<|endoftext|>");
    CHECK(std::count(plain.begin(), plain.end(), end) == 0);
    CHECK(tokenizer.Encode("a<|endoftext|>", {.parse_special = true}).back() == end);
  }
}

TEST_CASE("Long runs of one kind are encoded in time and come back") {
  TRITWISE_NEEDS_DATA(root);
  for (const std::string& name : kNames) {
    const Tokenizer& tokenizer = Loaded(root, name).ours;
    for (const std::string unit : {"a", " ", "\n", " \n", "1", "!", "'", "\xFF", "\u00E9", "e\u0301", "ab", "<|"}) {
      std::string text;
      while (text.size() < 300000) text += unit;
      const Ids ids = tokenizer.Encode(text);
      if (tokenizer.Decode(ids) != Loaded(root, name).Back(text)) FAIL(name << ": a run of [" << unit << "]");
    }
  }
}

}  // namespace
}  // namespace tritwise
