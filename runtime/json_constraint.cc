#include "tritwise/json_constraint.h"

namespace tritwise {
namespace {

bool IsDigit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
bool IsSpace(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

int HexValue(uint8_t byte) {
  if (IsDigit(byte)) return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

}  // namespace

bool JsonConstraint::Step(uint8_t byte) {
  switch (state_) {
    case State::kValue:
      return IsSpace(byte) ? Whitespace() : BeginValue(byte);
    case State::kFirstItem:
      if (IsSpace(byte)) return Whitespace();
      return byte == ']' ? Close(false) : BeginValue(byte);
    case State::kFirstKey:
      if (byte == '}') return Close(true);
      [[fallthrough]];
    case State::kKey:
      if (IsSpace(byte)) return Whitespace();
      return byte == '"' ? BeginString(true) : Refuse();
    case State::kColon:
      if (IsSpace(byte)) return Whitespace();
      if (byte != ':') return Refuse();
      whitespace_ = 0;
      return Go(State::kValue);
    case State::kAfterValue:
      return StepAfterValue(byte);
    case State::kString:
      return StepString(byte);
    case State::kEscape:
      return StepEscape(byte);
    case State::kHex:
      return StepHex(byte);
    case State::kLiteral:
      if (byte != static_cast<uint8_t>(*literal_)) return Refuse();
      ++literal_;
      return *literal_ == '\0' ? EndValue() : true;
    case State::kRefused:
      return false;
    default:
      return StepNumber(byte);
  }
}

bool JsonConstraint::Whitespace() {
  if (whitespace_ == kMaxWhitespace) return Refuse();
  ++whitespace_;
  return true;
}

bool JsonConstraint::BeginValue(uint8_t byte) {
  whitespace_ = 0;
  digits_ = 0;
  switch (byte) {
    case '{':
      return Open(true);
    case '[':
      return Open(false);
    case '"':
      return BeginString(false);
    case 't':
      return BeginLiteral("rue");
    case 'f':
      return BeginLiteral("alse");
    case 'n':
      return BeginLiteral("ull");
    case '-':
      return Go(State::kMinus);
    case '0':
      return Go(State::kZero);
    default:
      return IsDigit(byte) ? Digit(State::kDigits, kMaxDigits) : Refuse();
  }
}

bool JsonConstraint::BeginString(bool is_key) {
  whitespace_ = 0;
  is_key_ = is_key;
  return Go(State::kString);
}

bool JsonConstraint::BeginLiteral(const char* rest) {
  literal_ = rest;
  return Go(State::kLiteral);
}

bool JsonConstraint::Open(bool object) {
  if (depth_ == kMaxDepth) return Refuse();
  const uint64_t bit = uint64_t{1} << depth_;
  objects_ = object ? objects_ | bit : objects_ & ~bit;
  ++depth_;
  return Go(object ? State::kFirstKey : State::kFirstItem);
}

bool JsonConstraint::Close(bool object) {
  const bool open_is_object = ((objects_ >> (depth_ - 1)) & 1) != 0;
  if (open_is_object != object) return Refuse();
  --depth_;
  whitespace_ = 0;
  return EndValue();
}

bool JsonConstraint::StepAfterValue(uint8_t byte) {
  if (depth_ == 0) return Refuse();
  if (IsSpace(byte)) return Whitespace();
  if (byte == '}' || byte == ']') return Close(byte == '}');
  if (byte != ',') return Refuse();
  whitespace_ = 0;
  return Go(((objects_ >> (depth_ - 1)) & 1) != 0 ? State::kKey : State::kValue);
}

bool JsonConstraint::StepString(uint8_t byte) {
  if (utf8_left_ != 0) {
    if (byte < utf8_low_ || byte > utf8_high_) return Refuse();
    utf8_low_ = 0x80;
    utf8_high_ = 0xBF;
    --utf8_left_;
    return true;
  }
  if (byte == '\\') return Go(State::kEscape);
  if (needs_low_surrogate_) return Refuse();
  if (byte == '"') {
    if (!is_key_) return EndValue();
    return Go(State::kColon);
  }
  return StepCharacter(byte);
}

// The first byte of a character. The bounds of the second keep out overlong forms, surrogates and too large values.
bool JsonConstraint::StepCharacter(uint8_t byte) {
  if (byte < 0x20) return Refuse();
  if (byte < 0x80) return true;
  if (byte < 0xC2 || byte > 0xF4) return Refuse();
  utf8_left_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  utf8_low_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
  utf8_high_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
  return true;
}

bool JsonConstraint::StepEscape(uint8_t byte) {
  if (byte == 'u') {
    hex_left_ = 4;
    hex_ = 0;
    return Go(State::kHex);
  }
  if (needs_low_surrogate_) return Refuse();
  switch (byte) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return Go(State::kString);
    default:
      return Refuse();
  }
}

// Surrogates are refused at the first digit that makes them wrong: what was accepted can always be completed.
bool JsonConstraint::StepHex(uint8_t byte) {
  const int value = HexValue(byte);
  if (value < 0) return Refuse();
  hex_ = static_cast<uint16_t>(hex_ * 16 + value);
  --hex_left_;
  if (hex_left_ == 3 && needs_low_surrogate_ && hex_ != 0xD) return Refuse();
  if (hex_left_ == 2) {
    const bool low = hex_ >= 0xDC && hex_ <= 0xDF;
    if (low != needs_low_surrogate_) return Refuse();
  }
  if (hex_left_ != 0) return true;
  needs_low_surrogate_ = hex_ >= 0xD800 && hex_ <= 0xDBFF;
  return Go(State::kString);
}

bool JsonConstraint::Digit(State state, int most) {
  if (digits_ == most) return Refuse();
  ++digits_;
  return Go(state);
}

bool JsonConstraint::StepNumber(uint8_t byte) {
  if (IsDigit(byte)) {
    switch (state_) {
      case State::kMinus:
        return byte == '0' ? Go(State::kZero) : Digit(State::kDigits, kMaxDigits);
      case State::kZero:
        return Refuse();
      case State::kDigits:
        return Digit(State::kDigits, kMaxDigits);
      case State::kPoint:
      case State::kFraction:
        return Digit(State::kFraction, kMaxDigits);
      default:
        return Digit(State::kExponentDigits, kMaxExponentDigits);
    }
  }
  if (byte == '.' && (state_ == State::kZero || state_ == State::kDigits)) {
    digits_ = 0;
    return Go(State::kPoint);
  }
  if ((byte == 'e' || byte == 'E') &&
      (state_ == State::kZero || state_ == State::kDigits || state_ == State::kFraction)) {
    digits_ = 0;
    return Go(State::kExponent);
  }
  if ((byte == '+' || byte == '-') && state_ == State::kExponent) return Go(State::kExponentSign);
  // Nothing but what follows it ends a number.
  if (!number_is_whole()) return Refuse();
  EndValue();
  return StepAfterValue(byte);
}

bool JsonConstraint::number_is_whole() const {
  return state_ == State::kZero || state_ == State::kDigits || state_ == State::kFraction ||
         state_ == State::kExponentDigits;
}

bool JsonConstraint::complete() const { return depth_ == 0 && (state_ == State::kAfterValue || number_is_whole()); }

bool JsonConstraint::must_end() const {
  if (depth_ != 0) return false;
  // Every other number may become longer: a point or an exponent may follow.
  return state_ == State::kAfterValue || (state_ == State::kExponentDigits && digits_ == kMaxExponentDigits);
}

}  // namespace tritwise
