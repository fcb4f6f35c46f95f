// Text on its way out, held back as far as it may be the beginning of a text that ends it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tritwise::serve {

class StopText {
 public:
  // None of `stops` is empty.
  explicit StopText(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  // Returns what of the text so far can go out. Where one of the stops is in it, that is everything before the first
  // of them, and stopped() is true from then on.
  std::string Push(std::string_view text);
  // What was held back, at the end of a text without a stop.
  std::string Finish();

  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace tritwise::serve
