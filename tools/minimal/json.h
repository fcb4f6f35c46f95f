// One JSON object, written key by key. Numbers, text, and objects and arrays of them; no reading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tritwise::minimal {

class Json {
 public:
  // In an array the key is "".
  void Text(std::string_view key, std::string_view text);  // what is not UTF-8 becomes U+FFFD
  void Integer(std::string_view key, uint64_t value);
  void Number(std::string_view key, double value);  // null where it is none
  void Bool(std::string_view key, bool value);
  void Open(std::string_view key, char bracket);  // '{' or '['
  void Close();

  // What is open is closed, and the object and a newline go to standard output.
  void Print();

  // As Print writes it, without the newline.
  std::string Finish();

 private:
  void Begin(std::string_view key);

  std::string text_ = "{";
  std::string open_ = "{";  // brackets that are
  bool first_ = true;       // nothing stands in the innermost of them
};

}  // namespace tritwise::minimal
