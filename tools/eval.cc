// tritwise eval: how good a model is on a text or on labelled images.
//
// Definitions of windows and loss are format/scoring.h's, which the trainer's validation uses too.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "format/scoring.h"
#include "tools/commands.h"
#include "tools/model_flags.h"
#include "tools/output.h"
#include "trainer/data/idx.h"
#include "trainer/error_status.h"
#include "tritwise/session.h"

namespace tritwise {
namespace {

struct EvalFlags {
  ModelFlags model;
  std::string perplexity;
  std::string images;
  std::string labels;
  bool json = false;
};

// Rows in one batch: enough to read the weights seldom, few enough that their logits stay small.
int32_t BatchRows(const Graph& graph) {
  constexpr int64_t kMostLogits = int64_t{1} << 23;
  return static_cast<int32_t>(std::clamp<int64_t>(kMostLogits / graph.output_width(), 1, 256));
}

std::string ReadText(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw Error(path + ": is a folder, not a text");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path + ": cannot open");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) throw Error(path + ": cannot read");
  return text;
}

// Windows of a text as sequences of their own. A batch takes rows from as many windows as it has room for,
// in order, so that short contexts fill it too; each window under way has a session.
class TextScorer {
 public:
  TextScorer(Plan& plan, std::vector<int32_t> ids, size_t context)
      : plan_(plan), ids_(std::move(ids)), windows_(ScoringWindows(ids_.size(), context)) {
    const auto max_rows = static_cast<size_t>(plan.options().max_rows);
    const size_t sessions = std::min(windows_.size(), max_rows / context + 2);
    const SessionOptions options{static_cast<int64_t>(context), {}};
    for (size_t i = 0; i < sessions; ++i) sessions_.push_back(ValueOrThrow(Session::Make(plan, options)));
    rows_.reserve(max_rows);
  }

  // Mean negative log likelihood, in nats a token.
  double Loss() {
    double sum = 0.0;
    size_t row_of_window = 0;
    for (size_t window = 0; window < windows_.size();) {
      rows_.clear();
      targets_.clear();
      while (window < windows_.size() && rows_.size() < rows_.capacity()) {
        Session& session = *sessions_[window % sessions_.size()];
        if (row_of_window == 0) session.Reset();
        const size_t token = windows_[window].begin + row_of_window;
        rows_.push_back({&session, ids_[token], true});
        targets_.push_back(static_cast<size_t>(ids_[token + 1]));
        if (++row_of_window == windows_[window].rows) {
          ++window;
          row_of_window = 0;
        }
      }
      const OutputRows output = ValueOrThrow(plan_.Forward({rows_}));
      for (size_t i = 0; i < output.rows; ++i) sum += NegativeLogLikelihood(output.row(i), targets_[i]);
    }
    return sum / static_cast<double>(tokens());
  }

  size_t tokens() const { return ids_.size() - 1; }

 private:
  Plan& plan_;
  std::vector<int32_t> ids_;
  std::vector<ScoringWindow> windows_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<BatchRow> rows_;
  std::vector<size_t> targets_;
};

void EvalText(const EvalFlags& flags, const std::shared_ptr<const Model>& model) {
  const auto context = static_cast<size_t>(model->graph().context);
  if (model->tokenizer() == nullptr || context == 0) {
    throw Error(flags.model.path + ": --perplexity needs a model that reads text");
  }
  std::vector<int32_t> ids = model->tokenizer()->Encode(ReadText(flags.perplexity));
  if (ids.size() < 2) throw Error(flags.perplexity + ": too short to score: it needs at least two tokens");
  PlanOptions options = flags.model.Options();
  options.max_rows = BatchRows(model->graph());
  const auto plan = ValueOrThrow(Plan::Make(model, options));
  TextScorer scorer(*plan, std::move(ids), context);
  const double loss = scorer.Loss();
  if (flags.json) {
    PrintJson({{"loss", loss}, {"perplexity", std::exp(loss)}, {"tokens", scorer.tokens()}});
  } else {
    PrintTable({{"loss (nats a token)", "perplexity", "tokens"},
                {FormatNumber(loss, 6), FormatNumber(std::exp(loss), 3), std::to_string(scorer.tokens())}});
  }
}

void EvalImages(const EvalFlags& flags, const std::shared_ptr<const Model>& model) {
  const Graph& graph = model->graph();
  if (graph.input != InputKind::kFeatures || graph.context != 0) {
    throw Error(flags.model.path + ": --images needs a model that reads rows of features");
  }
  const IdxDataset data = ReadIdxDataset(flags.images, flags.labels);
  const auto width = static_cast<size_t>(graph.input_width);
  const IdxImages& images = data.images;
  if (images.rows * images.cols != width) {
    throw Error(flags.images + ": images of " + std::to_string(images.rows) + "x" + std::to_string(images.cols) +
                " pixels; the model reads " + std::to_string(width));
  }
  PlanOptions options = flags.model.Options();
  options.max_rows = BatchRows(graph);
  const auto plan = ValueOrThrow(Plan::Make(model, options));
  const std::vector<BatchRow> rows(static_cast<size_t>(options.max_rows));
  std::vector<float> features(rows.size() * width);
  size_t right = 0;
  for (size_t first = 0; first < images.count; first += rows.size()) {
    const size_t count = std::min(rows.size(), images.count - first);
    for (size_t i = 0; i < count * width; ++i)
      features[i] = static_cast<float>(images.pixels[first * width + i]) / 255.0f;
    const OutputRows output =
        ValueOrThrow(plan->Forward({std::span(rows).first(count), std::span(features).first(count * width)}));
    for (size_t i = 0; i < count; ++i) right += HighestScore(output.row(i)) == data.labels[first + i] ? 1 : 0;
  }
  const double accuracy = static_cast<double>(right) / static_cast<double>(images.count);
  if (flags.json) {
    PrintJson({{"accuracy", accuracy}, {"items", images.count}});
  } else {
    PrintTable({{"accuracy", "right", "items"},
                {FormatNumber(100.0 * accuracy, 2) + "%", std::to_string(right), std::to_string(images.count)}});
  }
}

void Eval(const EvalFlags& flags) {
  const bool images = !flags.images.empty();
  if (images == !flags.perplexity.empty()) {
    throw UsageError("needs either --perplexity FILE or --images FILE with --labels FILE (see --help)");
  }
  const auto model = flags.model.Load();
  if (images) {
    EvalImages(flags, model);
  } else {
    EvalText(flags, model);
  }
}

}  // namespace

void AddEval(CLI::App& app) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = app.add_subcommand("eval", "Measures a model on a text or on labelled images");
  flags->model.AddPath(*command);
  command->add_option("--perplexity", flags->perplexity, "A text: mean loss over all of it, in windows of the context");
  CLI::Option* images = command->add_option("--images", flags->images, "Images, an IDX file, plain or gzipped");
  CLI::Option* labels = command->add_option("--labels", flags->labels, "Their labels, an IDX file");
  images->needs(labels);
  labels->needs(images);
  flags->model.AddComputing(*command);
  command->add_flag("--json", flags->json, "One JSON object");
  command->footer(
      "Examples:\n  tritwise eval model.trit --perplexity held-out.txt\n"
      "  tritwise eval model.trit --images t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz");
  command->callback([flags] { Eval(*flags); });
}

}  // namespace tritwise
