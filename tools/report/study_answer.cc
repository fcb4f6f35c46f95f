#include "tools/report/study_answer.h"

#include <algorithm>
#include <cmath>

#include "trainer/log/units.h"

namespace tritwise {
namespace {

constexpr size_t kMostNames = 5;

std::string Nats(double value) { return FixedText(value, 4); }
std::string Counted(size_t count, const std::string& what) {
  return CountText(static_cast<int64_t>(count)) + " " + what + (count == 1 ? "" : "s");
}

// The conditions of one schedule, by the seeds that all of them have done.
class Comparison {
 public:
  Comparison(const StudyRecord& study, const StudySummary& summary, const std::string& schedule)
      : study_(study), summary_(summary) {
    std::vector<size_t> all;
    for (size_t i = 0; i < study.conditions.size(); ++i) {
      if (study.conditions[i].schedule == schedule) all.push_back(i);
    }
    planned_ = all.size();
    for (const int64_t seed : study.seeds) {
      const size_t done = Having(all, seed).size();
      if (done == all.size()) seeds_.push_back(seed);
    }
    conditions_ = all;
    if (seeds_.empty()) TakeBestSeed(all);
  }

  size_t seeds() const { return seeds_.size(); }

  // Empty where no network that ends ternary is done.
  std::string Paragraph(const std::string& opening) const {
    const std::vector<size_t> ternary = Ternary();
    if (ternary.empty()) return "";
    const size_t best = ternary.front();
    std::string text = opening + Name(best) + " has the lowest final validation loss";
    text += ternary.size() > 1 ? " of the " + Counted(ternary.size(), "condition") + " that end ternary: " : ": ";
    text += Nats(Mean(best)) + " nats" + Basis() + ".";
    text += Distances(best, ternary);
    return text + (seeds_.size() > 1 ? Others(ternary) : OneSeed());
  }

 private:
  bool Has(size_t condition, int64_t seed) const { return summary_.conditions[condition].loss_by_seed.contains(seed); }

  std::vector<size_t> Having(const std::vector<size_t>& conditions, int64_t seed) const {
    std::vector<size_t> having;
    std::copy_if(conditions.begin(), conditions.end(), std::back_inserter(having),
                 [&](size_t condition) { return Has(condition, seed); });
    return having;
  }

  // While no seed is complete: the one that is furthest.
  void TakeBestSeed(const std::vector<size_t>& all) {
    conditions_.clear();
    for (const int64_t seed : study_.seeds) {
      std::vector<size_t> having = Having(all, seed);
      if (having.size() <= conditions_.size()) continue;
      conditions_ = std::move(having);
      seeds_ = {seed};
    }
  }

  Spread Over(size_t condition) const {
    std::vector<double> losses;
    for (const int64_t seed : seeds_) losses.push_back(summary_.conditions[condition].loss_by_seed.at(seed));
    return SpreadOf(losses);
  }
  double Mean(size_t condition) const { return Over(condition).mean; }
  std::string Name(size_t condition) const { return "\u201c" + study_.conditions[condition].name + "\u201d"; }

  // What the numbers rest on.
  std::string Basis() const {
    if (seeds_.size() > 1) return " (mean of " + Counted(seeds_.size(), "seed") + ")";
    if (conditions_.size() == planned_) return " (one seed)";
    return " (seed " + std::to_string(seeds_.front()) + ", by which " + std::to_string(conditions_.size()) + " of " +
           Counted(planned_, "condition") + " are done)";
  }

  // The best first.
  std::vector<size_t> Ternary() const {
    std::vector<size_t> ternary;
    for (const size_t condition : conditions_) {
      if (summary_.conditions[condition].ends_ternary) ternary.push_back(condition);
    }
    std::stable_sort(ternary.begin(), ternary.end(), [&](size_t a, size_t b) { return Mean(a) < Mean(b); });
    return ternary;
  }

  // The loss of `a` minus that of `b`, within each seed.
  Spread Difference(size_t a, size_t b) const {
    std::vector<double> differences;
    for (const int64_t seed : seeds_) {
      differences.push_back(summary_.conditions[a].loss_by_seed.at(seed) -
                            summary_.conditions[b].loss_by_seed.at(seed));
    }
    return SpreadOf(differences);
  }
  static bool ExceedsSpread(const Spread& difference) {
    return std::fabs(difference.mean) > difference.high - difference.low;
  }

  // "0.0120 above "16-bit" (0.0101 to 0.0133), which exceeds the spread over seeds"
  std::string Distance(size_t best, size_t other) const {
    const Spread difference = Difference(best, other);
    const bool below = difference.mean < 0.0;
    std::string text = Nats(std::fabs(difference.mean)) + (below ? " below " : " above ") + Name(other);
    if (seeds_.size() < 2) return text;
    text += " (" + Nats(below ? -difference.high : difference.low) + " to " +
            Nats(below ? -difference.low : difference.high) + "), which ";
    return text + (ExceedsSpread(difference) ? "exceeds" : "does not exceed") + " the spread over seeds";
  }

  std::string Distances(size_t best, const std::vector<size_t>& ternary) const {
    std::vector<std::string> distances;
    const auto add_first = [&](const std::vector<size_t>& from, const auto& wanted) {
      const auto found =
          std::find_if(from.begin(), from.end(), [&](size_t i) { return i != best && wanted(study_.conditions[i]); });
      if (found != from.end()) distances.push_back(Distance(best, *found));
    };
    add_first(conditions_, [](const StudyConditionRecord& c) { return c.always_16_bit(); });
    if (study_.conditions[best].always_ternary()) {
      add_first(ternary, [](const StudyConditionRecord& c) { return c.changes_over(); });
    } else {
      add_first(conditions_, [](const StudyConditionRecord& c) { return c.always_ternary(); });
    }
    const std::string opening = seeds_.size() > 1 ? " Compared within each seed, that is " : " That is ";
    std::string text;
    for (const std::string& distance : distances) text += (text.empty() ? opening : ", and ") + distance;
    return text.empty() ? "" : text + ".";
  }

  // Those that the seeds do not tell from the best.
  std::string Others(const std::vector<size_t>& ternary) const {
    std::vector<size_t> near;
    for (size_t i = 1; i < ternary.size(); ++i) {
      if (!ExceedsSpread(Difference(ternary[0], ternary[i]))) near.push_back(ternary[i]);
    }
    std::string text;
    if (near.empty()) {
      text = ternary.size() > 1 ? " All others that end ternary are further above it than the spread." : "";
    } else {
      text = " Not told apart from it: ";
      for (size_t i = 0; i < std::min(near.size(), kMostNames); ++i) text += (i == 0 ? "" : ", ") + Name(near[i]);
      if (near.size() > kMostNames) text += " and " + Counted(near.size() - kMostNames, "more condition");
      text += ".";
    }
    return text;
  }

  static std::string OneSeed() { return " With one seed no spread is known, so these differences may be chance."; }

  const StudyRecord& study_;
  const StudySummary& summary_;
  std::vector<int64_t> seeds_;
  std::vector<size_t> conditions_;  // that have all of these seeds
  size_t planned_ = 0;
};

std::string Opening(const std::string& schedule, bool only_one) {
  if (only_one) return "";
  if (schedule == "constant") return "With a flat learning rate, ";
  if (schedule == "cosine") return "With the learning rate annealed along a cosine, ";
  return "With the learning-rate schedule \u201c" + schedule + "\u201d, ";
}

}  // namespace

std::vector<std::string> AnswerParagraphs(const StudyRecord& study, const StudySummary& summary) {
  std::vector<std::string> paragraphs;
  if (summary.runs_done < summary.runs_planned) {
    paragraphs.push_back("Under way: " + std::to_string(summary.runs_done) + " of " +
                         Counted(summary.runs_planned, "run") + " are done.");
  }
  std::vector<std::string> schedules;
  for (const StudyConditionRecord& condition : study.conditions) {
    if (std::find(schedules.begin(), schedules.end(), condition.schedule) == schedules.end()) {
      schedules.push_back(condition.schedule);
    }
  }
  bool has_spread = false;
  for (const std::string& schedule : schedules) {
    const std::string opening = Opening(schedule, schedules.size() == 1);
    const Comparison comparison(study, summary, schedule);
    const std::string paragraph = comparison.Paragraph(opening);
    if (paragraph.empty()) continue;
    paragraphs.push_back(paragraph);
    has_spread = has_spread || comparison.seeds() > 1;
  }
  if (has_spread) {
    paragraphs.push_back(
        "The spread is a difference's highest minus its lowest value over the seeds; from a few seeds it is itself "
        "only roughly known.");
  }
  return paragraphs;
}

}  // namespace tritwise
