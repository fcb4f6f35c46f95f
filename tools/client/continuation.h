// What a request has got of its text, for the case that its connection breaks: said again, it gets all of the text
// again (docs/protocol.md, "The same request again"), in one piece or many, and what is known is taken off the front.
#pragma once

#include <cstddef>

#include "tools/output.h"

namespace tritwise {

class Continuation {
 public:
  // The request is said again: what comes begins at the beginning.
  void Repeat();
  // Leaves of a delta what is new, numbered on. False where nothing is.
  bool Accept(Json* delta);
  size_t deltas() const { return deltas_; }

 private:
  size_t text_ = 0;  // bytes handed on
  size_t ids_ = 0;
  size_t known_text_ = 0;  // of what comes, still to be dropped
  size_t known_ids_ = 0;
  size_t deltas_ = 0;
};

}  // namespace tritwise
