#include "tools/report/study_report.h"

#include <string>

#include "format/atomic_file.h"
#include "tools/report/embedded.h"
#include "tools/report/page.h"
#include "tools/report/study_answer.h"
#include "tools/report/study_data.h"
#include "tools/report/study_numbers.h"
#include "tools/report/study_table.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

std::string AnswerHtml(const StudyRecord& study, const StudySummary& summary) {
  std::string html;
  for (const std::string& paragraph : AnswerParagraphs(study, summary)) {
    html += "<p class=\"answer\">" + EscapeHtml(paragraph) + "</p>\n";
  }
  return html;
}

}  // namespace

void WriteStudyReport(const std::filesystem::path& study_folder) {
  const StudyRecord study = ReadStudyRecord(study_folder);
  const StudySummary summary = SummariseStudy(study);
  const auto write = [&](const char* name, const std::string& text) {
    ThrowIfError(WriteFileAtomically((study_folder / name).string(), text));
  };
  const Placeholder placeholders[] = {{"TITLE", EscapeHtml(study.name)},    {"ANSWER", AnswerHtml(study, summary)},
                                      {"TABLE", TableHtml(study, summary)}, {"LEGEND", EscapeHtml(TableLegend())},
                                      {"DATA", StudyData(study, summary)},  {"STUDY_CSS", std::string(kStudyCss)},
                                      {"STUDY_JS", std::string(kStudyJs)}};
  write("summary.json", StudyNumbers(study, summary));
  write("study.md", StudyMarkdown(study, summary));
  write("study.html", FillPage(kStudyTemplate, placeholders));
}

}  // namespace tritwise
