// Images as rows of features: pixel / 255, one row an image, its label the target.
#include <algorithm>

#include "trainer/data/dataset.h"
#include "trainer/data/idx.h"
#include "trainer/data/shuffled_order.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

// Rows of independent images that stay together when a batch is shared out.
constexpr size_t kSequenceRows = 64;

class ImageDataset : public Dataset {
 public:
  explicit ImageDataset(const Recipe& recipe)
      : training_(ReadIdxDataset(recipe.data.path, recipe.data.labels)),
        validation_(ReadIdxDataset(recipe.data.test_path, recipe.data.test_labels)),
        order_(training_.images.count, static_cast<uint64_t>(recipe.train.seed)) {
    const size_t width = training_.images.rows * training_.images.cols;
    if (validation_.images.rows * validation_.images.cols != width) {
      throw Error(recipe.data.test_path + ": its images differ in size from those of " + recipe.data.path);
    }
    classes_ = 1 + std::max(*std::max_element(training_.labels.begin(), training_.labels.end()),
                            *std::max_element(validation_.labels.begin(), validation_.labels.end()));
  }

  DataShape shape() const override {
    const auto width = static_cast<int64_t>(training_.images.rows * training_.images.cols);
    return {InputKind::kFeatures, width, classes_, 0};
  }
  uint64_t training_rows() const override { return training_.images.count; }

  TrainBatch Training(uint64_t position, size_t count) override {
    TrainBatch batch;
    for (uint64_t i = position; i < position + count; ++i) Append(training_, order_.At(i), batch);
    return batch;
  }

  TrainBatch Validation(size_t most_sequences) const override {
    TrainBatch batch;
    const size_t all = validation_.images.count;
    const size_t count = most_sequences == 0 ? all : std::min(all, most_sequences * kSequenceRows);
    for (size_t i = 0; i < count; ++i) Append(validation_, i * all / count, batch);
    return batch;
  }

 private:
  static void Append(const IdxDataset& data, size_t index, TrainBatch& batch) {
    const size_t width = data.images.rows * data.images.cols;
    const auto* pixels = data.images.pixels.data() + index * width;
    for (size_t i = 0; i < width; ++i) batch.features.push_back(static_cast<float>(pixels[i]) / 255.0f);
    batch.targets.push_back(data.labels[index]);
    if (batch.sequence_rows.empty() || batch.sequence_rows.back() == kSequenceRows) batch.sequence_rows.push_back(0);
    ++batch.sequence_rows.back();
  }

  IdxDataset training_;
  IdxDataset validation_;
  ShuffledOrder order_;
  int64_t classes_ = 0;
};

}  // namespace

std::unique_ptr<Dataset> OpenImageDataset(const Recipe& recipe) { return std::make_unique<ImageDataset>(recipe); }

}  // namespace tritwise
