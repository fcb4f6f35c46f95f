#include "format/graph.h"

namespace tritwise {

std::string_view OpKindName(OpKind kind) {
  switch (kind) {
#define TRITWISE_OP(Name, text) \
  case OpKind::k##Name:         \
    return text;
#include "format/ops.inc"
#undef TRITWISE_OP
  }
  return "unknown";
}

}  // namespace tritwise
