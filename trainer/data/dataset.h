// What a run trains on, whatever it is: sequences of rows with targets.
//
// The one interface of the trainer that is really plugged in from outside: a kind of data is an
// implementation of this and a name in the recipe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "format/families/graph_builder.h"
#include "format/tokenizer.h"
#include "trainer/batch.h"
#include "trainer/recipe/recipe.h"

namespace tritwise {

class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual DataShape shape() const = 0;
  // Empty where the input is not text.
  virtual Vocabulary vocabulary() const { return {}; }
  // What one pass over the training data is, in rows.
  virtual uint64_t training_rows() const = 0;

  // Items [position, position + count) of the endless, shuffled stream of training items (sequences or
  // images). The order depends on the recipe's seed alone: the position is all the state there is.
  virtual TrainBatch Training(uint64_t position, size_t count) = 0;

  // The validation data in order, cut into sequences; at most `most_sequences` of them, spread evenly over all
  // (0: no limit).
  virtual TrainBatch Validation(size_t most_sequences) const = 0;
  // The validation text for `tritwise eval --perplexity`; empty where validation is not text.
  virtual std::string validation_text() const { return {}; }
};

// `known` is the vocabulary of a run that is resumed; empty: learn it, or read the recipe's.
std::unique_ptr<Dataset> OpenDataset(const Recipe& recipe, const Vocabulary& known);

// Used by OpenDataset, one for each kind.
std::unique_ptr<Dataset> OpenTextDataset(const Recipe& recipe, const Vocabulary& known);
std::unique_ptr<Dataset> OpenImageDataset(const Recipe& recipe);

}  // namespace tritwise
