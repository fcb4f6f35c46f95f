#include "tools/report/page.h"

#include <nlohmann/json.hpp>

#include "tools/report/embedded.h"

namespace tritwise {
namespace {

std::string ValidUtf8(std::string_view text) {
  const nlohmann::json value = std::string(text);
  return nlohmann::json::parse(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string_view SharedPart(std::string_view name) {
  if (name == "HEAD") return kHead;
  if (name == "STYLE") return kStyle;
  if (name == "CHART_JS") return kChartJs;
  if (name == "CHART_JS_NOTICE") return kChartJsNotice;
  if (name == "CHARTS_JS") return kChartsJs;
  return "";
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : ValidUtf8(text)) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '\0':
        escaped += "\uFFFD";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string FillPage(std::string_view page, std::span<const Placeholder> placeholders) {
  std::string filled;
  while (true) {
    const size_t open = page.find("{{");
    filled += page.substr(0, open);
    if (open == std::string_view::npos) return filled;
    const size_t close = page.find("}}", open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    for (const Placeholder& placeholder : placeholders) {
      if (placeholder.name == name) filled += placeholder.text;
    }
    filled += SharedPart(name);
    page.remove_prefix(close + 2);
  }
}

}  // namespace tritwise
