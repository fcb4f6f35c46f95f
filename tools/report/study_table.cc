#include "tools/report/study_table.h"

#include <array>
#include <limits>

#include "tools/report/page.h"
#include "tools/report/study_answer.h"
#include "tools/report/transition_effect.h"
#include "trainer/log/units.h"

namespace tritwise {
namespace {

struct Cell {
  std::string text;
  double value = std::numeric_limits<double>::quiet_NaN();  // to sort by; not a number: comes last
};

constexpr std::array<const char*, 8> kHeads = {"Condition",     "Seeds done", "Validation loss", "Above 16-bit",
                                               "Training loss", "Spike",      "16-bit there",    "Steps to recover"};

// "2.3456 ± 0.0012", without the spread where it is not known.
Cell SpreadCell(const Spread& spread) {
  if (spread.seeds == 0) return {"\u2013"};
  std::string text = FixedText(spread.mean, 4);
  if (spread.seeds > 1) text += " \u00b1 " + FixedText(spread.half_range(), 4);
  return {text, spread.mean};
}

Cell PlainCell(const Spread& spread, int digits) {
  if (spread.seeds == 0) return {"\u2013"};
  return {FixedText(spread.mean, digits), spread.mean};
}

Cell RecoveryCell(const StudyConditionRecord& condition, const ConditionSummary& summary) {
  const size_t done = summary.spike.seeds;
  if (!condition.changes_over() || done == 0) return {"\u2013"};
  const Spread& steps = summary.steps_to_recover;
  if (steps.seeds == 0) return {"not within the run"};
  std::string text = FixedText(steps.mean, 0);
  if (steps.seeds < done) text += " (" + std::to_string(steps.seeds) + " of " + std::to_string(done) + " seeds)";
  return {text, steps.mean};
}

std::array<Cell, kHeads.size()> Row(const StudyConditionRecord& condition, const ConditionSummary& summary) {
  Cell loss = SpreadCell(summary.validation_loss);
  if (summary.validation_loss.seeds != 0 && condition.changes_over() && !summary.ends_ternary) {
    loss.text += " (not fully ternary)";
  }
  return {Cell{condition.name},
          Cell{SeedsText(condition, summary), static_cast<double>(summary.seeds_done.size())},
          loss,
          SpreadCell(summary.above_16_bit),
          PlainCell(summary.training_loss, 4),
          PlainCell(summary.spike, 3),
          PlainCell(summary.spike_in_16_bit, 3),
          RecoveryCell(condition, summary)};
}

// Nothing in it can end a cell or begin a tag.
std::string EscapeMarkdown(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      escaped += ' ';
      continue;
    }
    if (std::string_view("\\`*_[]|~<>&#").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::string SeedsText(const StudyConditionRecord& condition, const ConditionSummary& summary) {
  std::string text = std::to_string(summary.seeds_done.size()) + " of " + std::to_string(condition.runs.size());
  if (!summary.steps_under_way) return text;
  return text + ", next at step " + CountText(*summary.steps_under_way) + " of " + CountText(condition.steps);
}

std::string TableHtml(const StudyRecord& study, const StudySummary& summary) {
  std::string html = "<table>\n<thead><tr>";
  for (const char* head : kHeads) {
    html += "<th scope=\"col\"><button type=\"button\">" + EscapeHtml(head) + "</button></th>";
  }
  html += "</tr></thead>\n<tbody>\n";
  for (size_t i = 0; i < study.conditions.size(); ++i) {
    html += "<tr>";
    const auto row = Row(study.conditions[i], summary.conditions[i]);
    for (size_t column = 0; column < row.size(); ++column) {
      const Cell& cell = row[column];
      if (column == 0) {
        html += "<th scope=\"row\">" + EscapeHtml(cell.text) + "</th>";
        continue;
      }
      html += cell.value == cell.value ? "<td data-value=\"" + FixedText(cell.value, 9) + "\">" : "<td>";
      html += EscapeHtml(cell.text) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>";
}

std::string TableLegend() {
  const std::string spike = std::to_string(kSpikeSteps);
  const std::string before = std::to_string(kBeforeSteps);
  const std::string recovery = std::to_string(kRecoverySteps);
  return "All in nats, from finished runs, means over seeds; \u00b1 is half of the range from the lowest to the "
         "highest seed. Validation loss: at the end, over all held-out data, as exported where the network is "
         "ternary. Above 16-bit: within each seed, of the same learning-rate schedule. Training loss: mean of the "
         "last 2 % of the steps. Spike: the highest training loss of the first " +
         spike + " steps from the transition, minus the mean of the " + before +
         " before it. 16-bit there: the same of the 16-bit run at those steps, which shows how much of it the batches "
         "are. Steps to recover: until " +
         recovery +
         " steps are on average as low as that mean; 0 where those from the transition on are, as early in training "
         "or where quantisation is phased in.";
}

std::string StudyMarkdown(const StudyRecord& study, const StudySummary& summary) {
  std::string text = "# " + EscapeMarkdown(study.name) + "\n\n";
  for (const std::string& paragraph : AnswerParagraphs(study, summary)) text += EscapeMarkdown(paragraph) + "\n\n";
  std::string rule = "|";
  text += "|";
  for (const char* head : kHeads) {
    text.append(" ").append(head).append(" |");
    rule.append(rule.size() == 1 ? " --- |" : " ---: |");
  }
  text += "\n" + rule + "\n";
  for (size_t i = 0; i < study.conditions.size(); ++i) {
    text += "|";
    for (const Cell& cell : Row(study.conditions[i], summary.conditions[i])) {
      text.append(" ").append(EscapeMarkdown(cell.text)).append(" |");
    }
    text += "\n";
  }
  return text + "\n" + TableLegend() + "\n";
}

}  // namespace tritwise
