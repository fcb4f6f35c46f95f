#include "tools/serve/request_fields.h"

#include <cmath>

#include "format/utf8.h"

namespace tritwise::serve {
namespace {

constexpr int kMostDepth = 16;

[[noreturn]] void Wrong(const char* key, const std::string& wanted) {
  throw RequestError("bad_request", std::string(key) + " must be " + wanted);
}

}  // namespace

Json RequestError::AsReply() const {
  Json reply = {{"type", "error"}, {"code", code}, {"message", what()}};
  reply.update(more);
  return reply;
}

RequestFields::RequestFields(const std::string& text) {
  // Copying and freeing a value takes a frame of the stack for each level.
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMostDepth) throw RequestError("bad_request", "the request is nested too deeply");
    return true;
  };
  object_ = Json::parse(text, shallow, /*allow_exceptions=*/false);
  if (!object_.is_object()) throw RequestError("bad_request", "the request is not a JSON object");
}

const Json* RequestFields::Value(const char* key) {
  known_.insert(key);
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

std::string RequestFields::Text(const char* key, std::string value, size_t most_bytes) {
  const Json* json = Value(key);
  if (json == nullptr) return value;
  if (!json->is_string()) Wrong(key, "a string");
  std::string text = json->get<std::string>();
  if (text.size() > most_bytes) Wrong(key, "a string of at most " + std::to_string(most_bytes) + " bytes");
  if (FindInvalidUtf8(text) != std::string_view::npos) Wrong(key, "UTF-8");
  return text;
}

int64_t RequestFields::Integer(const char* key, int64_t value, int64_t least, int64_t most) {
  const Json* json = Value(key);
  if (json == nullptr) return value;
  const bool fits = json->is_number_integer() && (!json->is_number_unsigned() || json->get<uint64_t>() <= INT64_MAX);
  if (!fits || json->get<int64_t>() < least || json->get<int64_t>() > most) {
    Wrong(key, "an integer from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return json->get<int64_t>();
}

uint64_t RequestFields::Unsigned(const char* key, uint64_t value) {
  const Json* json = Value(key);
  if (json == nullptr) return value;
  if (!json->is_number_unsigned()) Wrong(key, "an integer from 0 to 18446744073709551615");
  return json->get<uint64_t>();
}

double RequestFields::Number(const char* key, double value, double least, double most) {
  const Json* json = Value(key);
  if (json == nullptr) return value;
  if (!json->is_number() || !(json->get<double>() >= least) || !(json->get<double>() <= most)) {
    char range[64];
    std::snprintf(range, sizeof(range), "a number from %g to %g", least, most);
    Wrong(key, range);
  }
  return json->get<double>();
}

bool RequestFields::Flag(const char* key, bool value) {
  const Json* json = Value(key);
  if (json == nullptr) return value;
  if (!json->is_boolean()) Wrong(key, "true or false");
  return json->get<bool>();
}

std::vector<std::string> RequestFields::Texts(const char* key, size_t most, size_t most_bytes) {
  const Json* json = Value(key);
  std::vector<std::string> texts;
  if (json == nullptr) return texts;
  const std::string wanted =
      "at most " + std::to_string(most) + " strings of 1 to " + std::to_string(most_bytes) + " bytes";
  if (!json->is_array() || json->size() > most) Wrong(key, wanted);
  for (const Json& element : *json) {
    if (!element.is_string()) Wrong(key, wanted);
    texts.push_back(element.get<std::string>());
    if (texts.back().empty() || texts.back().size() > most_bytes) Wrong(key, wanted);
  }
  return texts;
}

std::vector<int32_t> RequestFields::Ids(const char* key, int64_t below) {
  const Json* json = Value(key);
  std::vector<int32_t> ids;
  if (json == nullptr) return ids;
  const std::string wanted = "a list of ids from 0 to " + std::to_string(below - 1);
  if (!json->is_array()) Wrong(key, wanted);
  ids.reserve(json->size());
  for (const Json& element : *json) {
    if (!element.is_number_unsigned() || element.get<uint64_t>() >= static_cast<uint64_t>(below)) Wrong(key, wanted);
    ids.push_back(element.get<int32_t>());
  }
  return ids;
}

std::vector<float> RequestFields::Rows(const char* key, size_t width) {
  const Json* json = Value(key);
  std::vector<float> rows;
  if (json == nullptr) return rows;
  const std::string wanted = "a list of rows of " + std::to_string(width) + " numbers";
  if (!json->is_array()) Wrong(key, wanted);
  for (const Json& row : *json) {
    if (!row.is_array() || row.size() != width) Wrong(key, wanted);
    for (const Json& number : row) {
      if (!number.is_number()) Wrong(key, wanted);
      rows.push_back(number.get<float>());
      if (!std::isfinite(rows.back())) Wrong(key, wanted);
    }
  }
  return rows;
}

void RequestFields::Done() const {
  for (const auto& [key, value] : object_.items()) {
    if (!known_.contains(key)) throw RequestError("bad_request", "unknown key \"" + key.substr(0, 64) + "\"");
  }
}

}  // namespace tritwise::serve
