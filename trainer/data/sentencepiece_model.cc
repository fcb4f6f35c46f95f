#include "trainer/data/sentencepiece_model.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "format/utf8.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

// Fields of one protobuf message, in the order of the bytes.
class Fields {
 public:
  Fields(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {}

  // Goes to the next field; false at the end.
  bool Next() {
    if (rest_.empty()) return false;
    const uint64_t tag = Varint();
    number_ = tag >> 3;
    value_ = 0;
    bytes_ = {};
    switch (tag & 7) {
      case 0:
        value_ = Varint();
        break;
      case 1:
        bytes_ = Take(8);
        break;
      case 2:
        bytes_ = Take(Varint());
        break;
      case 5:
        bytes_ = Take(4);
        break;
      default:
        Fail();
    }
    return true;
  }

  uint64_t number() const { return number_; }
  uint64_t value() const { return value_; }
  bool flag() const { return value_ != 0; }
  std::string_view bytes() const { return bytes_; }

  float number_f32() const {
    if (bytes_.size() != 4) Fail();
    uint32_t bits = 0;
    for (size_t i = 4; i-- > 0;) bits = (bits << 8) | static_cast<uint8_t>(bytes_[i]);
    return std::bit_cast<float>(bits);
  }

 private:
  [[noreturn]] void Fail() const { throw Error(name_ + ": not a sentencepiece model, or damaged"); }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint64_t byte = static_cast<uint8_t>(Take(1)[0]);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
  }

  std::string_view Take(uint64_t count) {
    if (count > rest_.size()) Fail();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
  const std::string& name_;
  uint64_t number_ = 0;
  uint64_t value_ = 0;
  std::string_view bytes_;
};

// What a model says about encoding, with sentencepiece's defaults for what it leaves out. Field numbers
// are those of sentencepiece_model.proto.
struct Spec {
  uint64_t model_type = 1;  // unigram
  bool byte_fallback = false;
  bool space_as_suffix = false;
  std::string begin_piece = "<s>";
  std::string end_piece = "</s>";
  std::string unknown_surface = " \xE2\x81\x87 ";
  std::string normalization;
  bool has_normalization_rules = false;
  bool has_denormalization_rules = false;
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

void ReadTrainerSpec(Fields fields, Spec* spec) {
  while (fields.Next()) {
    if (fields.number() == 3) spec->model_type = fields.value();
    if (fields.number() == 24) spec->space_as_suffix = fields.flag();
    if (fields.number() == 35) spec->byte_fallback = fields.flag();
    if (fields.number() == 44) spec->unknown_surface = fields.bytes();
    if (fields.number() == 46) spec->begin_piece = fields.bytes();
    if (fields.number() == 47) spec->end_piece = fields.bytes();
  }
}

void ReadNormalizerSpec(Fields fields, Spec* spec) {
  while (fields.Next()) {
    if (fields.number() == 1) spec->normalization = fields.bytes();
    if (fields.number() == 2) spec->has_normalization_rules = !fields.bytes().empty();
    if (fields.number() == 3) spec->add_dummy_prefix = fields.flag();
    if (fields.number() == 4) spec->remove_extra_whitespaces = fields.flag();
    if (fields.number() == 5) spec->escape_whitespaces = fields.flag();
  }
}

void ReadDenormalizerSpec(Fields fields, Spec* spec) {
  while (fields.Next()) {
    if (fields.number() == 2) spec->has_denormalization_rules = !fields.bytes().empty();
  }
}

void ReadPiece(Fields fields, const std::string& name, Vocabulary* vocabulary) {
  enum : uint64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };
  std::string piece;
  float score = 0;
  uint64_t type = kNormal;
  while (fields.Next()) {
    if (fields.number() == 1) piece = fields.bytes();
    if (fields.number() == 2) score = fields.number_f32();
    if (fields.number() == 3) type = fields.value();
  }

  const std::string where = name + ": piece " + std::to_string(vocabulary->pieces.size());
  PieceType our_type = PieceType::kNormal;
  switch (type) {
    case kNormal:
      break;
    case kUnknown:
      our_type = PieceType::kUnknown;
      break;
    case kControl:
      our_type = PieceType::kControl;
      if (!piece.empty() && FirstUtf8Char(piece).size_bytes == piece.size()) {
        throw Error(where + " is a control piece of one character, which sentencepiece finds in texts; not supported");
      }
      break;
    case kByte:
      our_type = PieceType::kByte;
      break;
    case kUserDefined:
      throw Error(where + " is user-defined; only models without user-defined pieces are supported");
    case kUnused:
      throw Error(where + " is marked as unused; only models without such pieces are supported");
    default:
      throw Error(where + " has the unknown type " + std::to_string(type));
  }
  vocabulary->pieces.push_back(std::move(piece));
  vocabulary->scores.push_back(score);
  vocabulary->types.push_back(our_type);
}

void CheckSpec(const Spec& spec, bool has_bytes, const std::string& name) {
  if (spec.model_type != 2) {
    const char* kind = spec.model_type == 1   ? "a unigram"
                       : spec.model_type == 3 ? "a word"
                       : spec.model_type == 4 ? "a character"
                                              : "an unknown kind of";
    throw Error(name + ": " + kind + " model; only byte-pair models (model_type=bpe) are supported");
  }
  if (spec.has_normalization_rules) {
    throw Error(name + ": normalises text (" + spec.normalization +
                "); only models with normalization_rule_name=identity are supported");
  }
  if (spec.has_denormalization_rules) throw Error(name + ": has denormalisation rules, which are not supported");
  if (spec.remove_extra_whitespaces) {
    throw Error(name + ": removes extra spaces; only models with remove_extra_whitespaces=false are supported");
  }
  if (!spec.escape_whitespaces) {
    throw Error(name + ": keeps spaces unescaped; only models with escape_whitespaces=true are supported");
  }
  if (spec.space_as_suffix) {
    throw Error(name + ": treats spaces as suffixes; only models with treat_whitespace_as_suffix=false are supported");
  }
  if (has_bytes != spec.byte_fallback) {
    throw Error(name + ": byte_fallback is " + (spec.byte_fallback ? "on" : "off") +
                (has_bytes ? " although there are byte pieces" : " but there are no byte pieces"));
  }
  if (!has_bytes && spec.unknown_surface != Spec().unknown_surface) {
    throw Error(name + ": has its own unk_surface, which is not supported");
  }
}

// Id of the control piece `piece`, -1 if there is none.
int32_t FindControl(const Vocabulary& vocabulary, std::string_view piece) {
  for (size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    if (vocabulary.types[i] == PieceType::kControl && vocabulary.pieces[i] == piece) return static_cast<int32_t>(i);
  }
  return -1;
}

}  // namespace

Vocabulary VocabularyFromSentencePiece(std::string_view model, const std::string& name) {
  Vocabulary vocabulary;
  Spec spec;
  Fields fields(model, name);
  while (fields.Next()) {
    const Fields message(fields.bytes(), name);
    if (fields.number() == 1) ReadPiece(message, name, &vocabulary);
    if (fields.number() == 2) ReadTrainerSpec(message, &spec);
    if (fields.number() == 3) ReadNormalizerSpec(message, &spec);
    if (fields.number() == 5) ReadDenormalizerSpec(message, &spec);
  }
  if (vocabulary.empty()) throw Error(name + ": not a sentencepiece model: it has no pieces");

  bool has_bytes = false;
  for (const PieceType type : vocabulary.types) has_bytes |= type == PieceType::kByte;
  CheckSpec(spec, has_bytes, name);
  vocabulary.add_space_prefix = spec.add_dummy_prefix;
  vocabulary.begin_id = FindControl(vocabulary, spec.begin_piece);
  vocabulary.end_id = FindControl(vocabulary, spec.end_piece);

  const Result<Tokenizer> tokenizer = Tokenizer::Make(vocabulary);
  if (!tokenizer.ok()) throw Error(name + ": " + tokenizer.status().message());
  return vocabulary;
}

}  // namespace tritwise
