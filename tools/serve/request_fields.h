// The keys of a request's JSON object, each read with its type and range; whatever is wrong becomes one error for the
// client. A key that nobody asked for is wrong too.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "trainer/error.h"

namespace tritwise::serve {

using Json = nlohmann::ordered_json;

inline constexpr size_t kMostName = 64;  // bytes of a name that a client gives: of a request, of a model, of itself

// An error of docs/protocol.md; `more` are other keys of the reply.
class RequestError : public Error {
 public:
  RequestError(std::string the_code, const std::string& message, Json the_more = Json::object())
      : Error(message), code(std::move(the_code)), more(std::move(the_more)) {}
  // Without the id.
  Json AsReply() const;

  std::string code;
  Json more;
};

class RequestFields {
 public:
  // Throws RequestError where `text` is not one JSON object.
  explicit RequestFields(const std::string& text);

  const Json& object() const { return object_; }
  bool Has(const char* key) const { return object_.contains(key); }
  // The value where the key is there, else the default. Throw RequestError.
  std::string Text(const char* key, std::string value, size_t most_bytes);
  int64_t Integer(const char* key, int64_t value, int64_t least, int64_t most);
  uint64_t Unsigned(const char* key, uint64_t value);
  double Number(const char* key, double value, double least, double most);
  bool Flag(const char* key, bool value);
  std::vector<std::string> Texts(const char* key, size_t most, size_t most_bytes);
  std::vector<int32_t> Ids(const char* key, int64_t below);
  // Rows of `width` numbers, one behind the other.
  std::vector<float> Rows(const char* key, size_t width);
  // The value itself; null where the key is not there.
  const Json* Value(const char* key);

  // Throws where a key is left that nobody asked for.
  void Done() const;

 private:
  Json object_;
  std::set<std::string> known_;
};

}  // namespace tritwise::serve
