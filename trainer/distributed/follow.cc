#include "trainer/distributed/follow.h"

#include <charconv>

#include "trainer/distributed/together.h"

namespace tritwise {

// First line: the step to stop after, and whether the run is resumed; then the recipe. Nothing at all: the end.
void AnnounceRun(Communicator& ranks, const RunOptions& options) {
  BroadcastText(ranks,
                std::to_string(options.stop_after) + (options.resume ? "r" : "n") + "\n" + WriteRecipe(options.recipe));
}

void AnnounceEnd(Communicator& ranks) { BroadcastText(ranks, ""); }

void FollowRuns(RunOptions options) {
  for (;;) {
    const std::string text = BroadcastText(*options.ranks, "");
    if (text.empty()) return;
    const size_t end = text.find('\n');
    std::from_chars(text.data(), text.data() + end, options.stop_after);
    options.resume = text[end - 1] == 'r';
    options.recipe = ParseRecipe(text.substr(end + 1), "rank 0's recipe", {});
    TrainRun(options);
  }
}

}  // namespace tritwise
