// Puts a report's page together: a template of embedded.h, the parts that all pages share, and texts escaped.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tritwise {

// For text between tags and for quoted attributes. Bytes that are not UTF-8 become U+FFFD.
std::string EscapeHtml(std::string_view text);

struct Placeholder {
  std::string_view name;  // {{NAME}} in the template
  std::string text;
};

// The template with these filled in, and with HEAD, STYLE, CHART_JS, CHART_JS_NOTICE and CHARTS_JS. In one pass:
// what is filled in is not looked at again.
std::string FillPage(std::string_view page, std::span<const Placeholder> placeholders);

}  // namespace tritwise
