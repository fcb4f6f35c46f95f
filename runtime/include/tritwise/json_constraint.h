// What a text may go on with if it is to be one JSON value (RFC 8259): an automaton over bytes.
//
// Narrower than the grammar where a text could otherwise go on for ever or not be read by every program:
//  - at most 2 bytes of whitespace side by side, none behind the value;
//  - objects and arrays nested at most 64 deep;
//  - numbers of at most 20 digits before the point, 20 behind it, 2 in the exponent: finite as a double;
//  - \u escapes of surrogates in pairs only, strings in UTF-8.
// Strings have no bound: whoever generates has a limit of tokens. No schema, only that it is JSON. A plain value: copy
// it to try something. Allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace tritwise {

class JsonConstraint {
 public:
  static constexpr int kMaxDepth = 64;
  static constexpr int kMaxWhitespace = 2;
  static constexpr int kMaxDigits = 20;
  static constexpr int kMaxExponentDigits = 2;

  // True where the text so far and `bytes` behind it begin a JSON value, or are one.
  bool Accepts(std::string_view bytes) const {
    JsonConstraint copy = *this;
    return copy.Advance(bytes);
  }
  // The same, and moves on. After false nothing is accepted any more.
  bool Advance(std::string_view bytes) {
    for (const char byte : bytes) {
      if (!Step(static_cast<uint8_t>(byte))) return false;
    }
    return state_ != State::kRefused;
  }
  bool Step(uint8_t byte);

  // The text is a whole value. A number that is the whole text may go on nevertheless.
  bool complete() const;
  // It is, and no byte can follow.
  bool must_end() const;
  // Within a string or key, between two characters: every character may follow that needs no escape.
  bool in_string() const { return state_ == State::kString && utf8_left_ == 0 && !needs_low_surrogate_; }

 private:
  enum class State : uint8_t {
    kValue,         // a value must come
    kFirstItem,     // a value, or the end of the array
    kFirstKey,      // a key, or the end of the object
    kKey,           // a key
    kColon,         // behind a key
    kAfterValue,    // comma or end of what the value is in; at depth 0 the text is whole
    kString,        // in a string or key
    kEscape,        // behind a backslash
    kHex,           // in the four digits of \u
    kMinus,         // a digit must come
    kZero,          // the whole part is 0
    kDigits,        // in the whole part
    kPoint,         // a digit must come
    kFraction,      // in the fraction
    kExponent,      // a sign or a digit must come
    kExponentSign,  // a digit must come
    kExponentDigits,
    kLiteral,  // in true, false or null
    kRefused,
  };

  bool Refuse() {
    state_ = State::kRefused;
    return false;
  }
  bool Go(State state) {
    state_ = state;
    return true;
  }
  bool Whitespace();
  bool BeginValue(uint8_t byte);
  bool BeginString(bool is_key);
  bool BeginLiteral(const char* rest);
  bool Open(bool object);
  bool Close(bool object);
  bool EndValue() { return Go(State::kAfterValue); }
  bool StepAfterValue(uint8_t byte);
  bool StepString(uint8_t byte);
  bool StepCharacter(uint8_t byte);
  bool StepEscape(uint8_t byte);
  bool StepHex(uint8_t byte);
  bool StepNumber(uint8_t byte);
  bool Digit(State state, int most);
  bool number_is_whole() const;

  uint64_t objects_ = 0;           // bit i: what is open at depth i is an object, else an array
  const char* literal_ = nullptr;  // what is left of it
  State state_ = State::kValue;
  uint8_t depth_ = 0;
  uint8_t whitespace_ = 0;  // bytes of it just before
  uint8_t digits_ = 0;      // of this part of a number
  bool is_key_ = false;
  uint8_t utf8_left_ = 0;  // bytes of this character to come
  uint8_t utf8_low_ = 0;   // bounds of the next of them
  uint8_t utf8_high_ = 0;
  uint8_t hex_left_ = 0;
  uint16_t hex_ = 0;
  bool needs_low_surrogate_ = false;  // a high one was escaped
};

}  // namespace tritwise
