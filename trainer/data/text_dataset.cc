// Text as a stream of tokens, cut into windows of the context's length.
//
// Documents are joined by the vocabulary's end piece where there are several. Every epoch the windows start
// at another offset and come in another order. Validation is one text, cut as format/scoring.h says.
#include <algorithm>
#include <thread>

#include "format/scoring.h"
#include "trainer/data/corpus.h"
#include "trainer/data/dataset.h"
#include "trainer/data/shuffled_order.h"
#include "trainer/data/vocabulary.h"
#include "trainer/error.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

Vocabulary MakeVocabulary(const Recipe& recipe, const std::vector<std::string>& documents) {
  Vocabulary vocabulary;
  if (!recipe.data.tokenizer.empty()) {
    vocabulary = LoadVocabulary(recipe.data.tokenizer);
  } else {
    VocabularyOptions options;
    options.size = static_cast<int32_t>(recipe.data.vocabulary);
    options.character_coverage = recipe.data.character_coverage;
    options.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    vocabulary = TrainVocabulary(documents, options);
  }
  // The network never sees a begin piece, and an end only between documents.
  vocabulary.begin_id = -1;
  if (documents.size() == 1) vocabulary.end_id = -1;
  return vocabulary;
}

std::string Joined(const std::vector<std::string>& documents) {
  std::string text;
  for (const std::string& document : documents) {
    if (!text.empty()) text += "\n\n";
    text += document;
  }
  return text;
}

class TextDataset : public Dataset {
 public:
  TextDataset(const Recipe& recipe, const Vocabulary& known)
      : context_(static_cast<size_t>(recipe.data.context)), seed_(static_cast<uint64_t>(recipe.train.seed)) {
    const CorpusSplit split = SplitCorpus(ReadCorpus(recipe.data.path), recipe.data.validation_fraction);
    vocabulary_ = known.empty() ? MakeVocabulary(recipe, split.train) : known;
    const Tokenizer tokenizer = ValueOrThrow(Tokenizer::Make(vocabulary_));
    for (const std::string& document : split.train) {
      const std::vector<int32_t> ids = tokenizer.Encode(document);
      training_.insert(training_.end(), ids.begin(), ids.end());
      if (vocabulary_.end_id >= 0) training_.push_back(vocabulary_.end_id);
    }
    validation_text_ = Joined(split.validation);
    validation_ = tokenizer.Encode(validation_text_);
    if (training_.size() < context_ + 1 || validation_.size() < 2) {
      throw Error(recipe.data.path + ": the text is too short: " + std::to_string(training_.size()) +
                  " tokens to train on, the context alone is " + std::to_string(context_));
    }
    // Windows that fit wherever an epoch's offset is, with the target of the last row.
    slack_ = training_.size() - 1 >= 2 * context_ ? context_ : 1;
    windows_ = (training_.size() - slack_) / context_;
    order_ = std::make_unique<ShuffledOrder>(windows_, seed_);
  }

  DataShape shape() const override {
    const auto size = static_cast<int64_t>(vocabulary_.pieces.size());
    return {InputKind::kTokens, size, size, static_cast<int64_t>(context_)};
  }
  Vocabulary vocabulary() const override { return vocabulary_; }
  uint64_t training_rows() const override { return training_.size(); }
  std::string validation_text() const override { return validation_text_; }

  TrainBatch Training(uint64_t position, size_t count) override {
    TrainBatch batch;
    for (uint64_t i = position; i < position + count; ++i) {
      const RandomStream offsets(seed_, 7);
      const size_t offset = offsets.Below(order_->EpochOf(i), static_cast<uint32_t>(slack_));
      Append(training_, {offset + order_->At(i) * context_, context_}, batch);
    }
    return batch;
  }

  TrainBatch Validation(size_t most_sequences) const override {
    TrainBatch batch;
    const std::vector<ScoringWindow> windows = ScoringWindows(validation_.size(), context_);
    const size_t count = most_sequences == 0 ? windows.size() : std::min(most_sequences, windows.size());
    for (size_t i = 0; i < count; ++i) Append(validation_, windows[i * windows.size() / count], batch);
    return batch;
  }

 private:
  static void Append(const std::vector<int32_t>& stream, const ScoringWindow& window, TrainBatch& batch) {
    const auto begin = stream.begin() + static_cast<std::ptrdiff_t>(window.begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(window.rows);
    batch.tokens.insert(batch.tokens.end(), begin, end);
    batch.targets.insert(batch.targets.end(), begin + 1, end + 1);
    batch.sequence_rows.push_back(window.rows);
  }

  size_t context_;
  uint64_t seed_;
  Vocabulary vocabulary_;
  std::vector<int32_t> training_;
  std::vector<int32_t> validation_;
  std::string validation_text_;
  size_t slack_ = 1;    // offsets of an epoch's first window
  size_t windows_ = 0;  // in an epoch
  std::unique_ptr<ShuffledOrder> order_;
};

}  // namespace

std::unique_ptr<Dataset> OpenTextDataset(const Recipe& recipe, const Vocabulary& known) {
  return std::make_unique<TextDataset>(recipe, known);
}

std::unique_ptr<Dataset> OpenDataset(const Recipe& recipe, const Vocabulary& known) {
  switch (recipe.data.kind) {
    case DataKind::kText:
      return OpenTextDataset(recipe, known);
    case DataKind::kImages:
      return OpenImageDataset(recipe);
  }
  throw Error("data.kind: unknown");
}

}  // namespace tritwise
