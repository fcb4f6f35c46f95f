#include "trainer/recipe/defaults.h"

#include <algorithm>
#include <iterator>

namespace tritwise {
namespace {

struct Size {
  uint64_t least_bytes;
  int64_t width, layers, heads, feed_forward, context, vocabulary;
  double epochs;
};

constexpr Size kSizes[] = {
    {0, 96, 2, 2, 256, 64, 512, 20.0},
    {100'000, 128, 3, 2, 344, 128, 1024, 12.0},
    {1'000'000, 192, 4, 3, 512, 256, 2048, 6.0},
    {3'000'000, 256, 4, 4, 682, 256, 2048, 2.0},
    {20'000'000, 384, 6, 6, 1024, 256, 4096, 1.0},
};

}  // namespace

Recipe DefaultTextRecipe(const std::string& path, uint64_t text_bytes) {
  const Size* size = std::begin(kSizes);
  while (std::next(size) != std::end(kSizes) && text_bytes >= std::next(size)->least_bytes) ++size;

  Recipe recipe;
  recipe.data.path = path;
  recipe.data.context = size->context;
  recipe.data.character_coverage = 1.0;
  // A short text does not have many pieces to learn: one for every 256 bytes beside the 256 bytes themselves.
  recipe.data.vocabulary = std::min<int64_t>(size->vocabulary, 280 + static_cast<int64_t>(text_bytes / 256));
  DecoderConfig network;
  network.width = size->width;
  network.layers = size->layers;
  network.heads = size->heads;
  network.feed_forward = size->feed_forward;
  recipe.network = network;

  // About three bytes a token.
  const double rows = static_cast<double>(text_bytes) / 3.0 * size->epochs;
  const auto steps = static_cast<int64_t>(rows / static_cast<double>(recipe.train.batch * size->context));
  recipe.train.steps = std::clamp<int64_t>(steps, 200, 3000);
  recipe.train.learning_rate = 2e-3;
  recipe.train.validate_every = std::max<int64_t>(20, recipe.train.steps / 10);
  recipe.train.checkpoint_every = recipe.train.validate_every;
  return recipe;
}

}  // namespace tritwise
