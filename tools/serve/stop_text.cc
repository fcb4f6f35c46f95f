#include "tools/serve/stop_text.h"

#include <algorithm>
#include <utility>

namespace tritwise::serve {
namespace {

// Length of the longest end of `text` that `stop` begins with.
size_t Overlap(std::string_view text, std::string_view stop) {
  for (size_t n = std::min(text.size(), stop.size() - 1); n > 0; --n) {
    if (text.substr(text.size() - n) == stop.substr(0, n)) return n;
  }
  return 0;
}

}  // namespace

std::string StopText::Push(std::string_view text) {
  if (stopped_) return {};
  held_ += text;
  size_t first = std::string::npos;
  size_t overlap = 0;
  for (const std::string& stop : stops_) {
    first = std::min(first, held_.find(stop));
    overlap = std::max(overlap, Overlap(held_, stop));
  }
  stopped_ = first != std::string::npos;
  std::string out = held_.substr(0, stopped_ ? first : held_.size() - overlap);
  held_.erase(0, out.size());
  if (stopped_) held_.clear();
  return out;
}

std::string StopText::Finish() { return std::exchange(held_, {}); }

}  // namespace tritwise::serve
