#include "tools/report/report.h"

#include <fstream>
#include <iterator>
#include <string>

#include "format/atomic_file.h"
#include "tools/report/chart_data.h"
#include "tools/report/embedded.h"
#include "tools/report/page.h"
#include "tools/report/summary.h"
#include "trainer/error.h"
#include "trainer/error_status.h"
#include "trainer/log/metrics_reader.h"
#include "trainer/run_folder.h"

namespace tritwise {
namespace {

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

std::string FolderName(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::weakly_canonical(folder);
  return whole.filename().string();
}

}  // namespace

void WriteReport(const std::filesystem::path& run_folder) {
  if (!std::filesystem::is_directory(run_folder)) {
    throw Error(run_folder.string() + ": is not the folder of a run");
  }
  const std::filesystem::path metrics = MetricsPath(run_folder);
  if (!std::filesystem::exists(metrics)) {
    throw Error(run_folder.string() + ": holds no metrics.jsonl, so it is not the folder of a run");
  }
  const MetricsRecord record = ReadMetrics(metrics);
  if (record.steps.empty()) throw Error(metrics.string() + ": has no step yet, so there is nothing to draw");

  const Placeholder placeholders[] = {
      {"TITLE", EscapeHtml(FolderName(run_folder))},  {"TRANSITION", EscapeHtml(TransitionSentence(record))},
      {"HEADLINE", FactsHtml(Headline(record))},      {"DETAILS", FactsHtml(Details(record))},
      {"RECIPE", RecipeHtml(RecipePath(run_folder))}, {"DATA", ChartData(record)}};
  ThrowIfError(WriteFileAtomically((run_folder / "report.html").string(), FillPage(kPageTemplate, placeholders)));
}

}  // namespace tritwise
