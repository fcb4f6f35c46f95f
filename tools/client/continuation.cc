#include "tools/client/continuation.h"

#include <algorithm>
#include <string>

namespace tritwise {

void Continuation::Repeat() {
  known_text_ = text_;
  known_ids_ = ids_;
}

bool Continuation::Accept(Json* delta) {
  std::string text = delta->value("text", "");
  const size_t dropped = std::min(known_text_, text.size());
  known_text_ -= dropped;
  text.erase(0, dropped);
  text_ += text.size();
  (*delta)["text"] = text;

  size_t ids = 0;
  if (auto found = delta->find("ids"); found != delta->end() && found->is_array()) {
    const size_t known = std::min(known_ids_, found->size());
    known_ids_ -= known;
    found->erase(found->begin(), found->begin() + static_cast<std::ptrdiff_t>(known));
    ids = found->size();
  }
  ids_ += ids;
  if (text.empty() && ids == 0) return false;
  (*delta)["seq"] = deltas_++;
  return true;
}

}  // namespace tritwise
