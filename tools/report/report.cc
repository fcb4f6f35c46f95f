#include "tools/report/report.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "format/atomic_file.h"
#include "tools/report/chart_data.h"
#include "tools/report/embedded.h"
#include "tools/report/summary.h"
#include "trainer/error.h"
#include "trainer/error_status.h"
#include "trainer/log/metrics_reader.h"

namespace tritwise {
namespace {

// Bytes that are not UTF-8 become U+FFFD.
std::string ValidUtf8(std::string_view text) {
  const nlohmann::json value = std::string(text);
  return nlohmann::json::parse(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// For text between tags and for quoted attributes.
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

std::string FactsHtml(const Facts& facts) {
  std::string html;
  for (const auto& [name, value] : facts) {
    html += "<div><dt>" + EscapeHtml(name) + "</dt><dd>" + EscapeHtml(value) + "</dd></div>\n";
  }
  return html;
}

std::string RecipeHtml(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return "<p>There is no recipe.toml in the run's folder.</p>";
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) throw Error(path.string() + ": cannot read");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) throw Error(path.string() + ": cannot read");
  return "<details><summary>Recipe</summary><pre>" + EscapeHtml(text) + "</pre></details>";
}

struct Placeholder {
  std::string_view name;  // {{NAME}} in the template
  std::string text;
};

// In one pass: what is filled in is not looked at again.
std::string Fill(std::string_view page, std::span<const Placeholder> placeholders) {
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
    page.remove_prefix(close + 2);
  }
}

std::string FolderName(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::weakly_canonical(folder);
  return whole.filename().string();
}

}  // namespace

void WriteReport(const std::filesystem::path& run_folder) {
  if (!std::filesystem::is_directory(run_folder)) {
    throw Error(run_folder.string() + ": is not the folder of a run");
  }
  const std::filesystem::path metrics = run_folder / "metrics.jsonl";
  if (!std::filesystem::exists(metrics)) {
    throw Error(run_folder.string() + ": holds no metrics.jsonl, so it is not the folder of a run");
  }
  const MetricsRecord record = ReadMetrics(metrics);
  if (record.steps.empty()) throw Error(metrics.string() + ": has no step yet, so there is nothing to draw");

  const Placeholder placeholders[] = {{"TITLE", EscapeHtml(FolderName(run_folder))},
                                      {"TRANSITION", EscapeHtml(TransitionSentence(record))},
                                      {"HEADLINE", FactsHtml(Headline(record))},
                                      {"DETAILS", FactsHtml(Details(record))},
                                      {"RECIPE", RecipeHtml(run_folder / "recipe.toml")},
                                      {"DATA", ChartData(record)},
                                      {"CHART_JS", std::string(kChartJs)}};
  ThrowIfError(WriteFileAtomically((run_folder / "report.html").string(), Fill(kPageTemplate, placeholders)));
}

}  // namespace tritwise
