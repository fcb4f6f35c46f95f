// What tests look for in a report's page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tritwise::test {

inline bool Contains(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

inline size_t Occurrences(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// What the page's script will parse.
inline nlohmann::json ScriptData(const std::string& page) {
  const std::string opening = "<script type=\"application/json\" id=\"data\">";
  const size_t begin = page.find(opening) + opening.size();
  return nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

}  // namespace tritwise::test
