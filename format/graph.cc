#include "format/graph.h"

#include "format/narrow_layout.h"

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

bool HasGroups(const TensorSpec& t) { return IsNarrow(t.storage) || t.scale == ScaleKind::kGroup; }

int64_t GroupCols(const TensorSpec& t) {
  return IsNarrow(t.storage) ? static_cast<int64_t>(kNarrowGroupCols) : t.group;
}

void StorePlain(TensorSpec& t, Storage storage) {
  t.storage = storage;
  t.scale = IsTernary(storage) ? ScaleKind::kGroup : storage == Storage::kI8 ? ScaleKind::kRow : ScaleKind::kNone;
  t.group = IsTernary(storage) ? static_cast<int64_t>(TernaryChunkCols(storage)) : 0;
}

}  // namespace tritwise
