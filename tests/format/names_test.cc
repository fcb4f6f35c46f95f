// Names of enum values and operations, both ways.
#include "format/names.h"

#include <catch2/catch.hpp>

#include "format/graph.h"

namespace tritwise {
namespace {

template <class Enum>
void CheckNames() {
  for (size_t i = 0; i < EnumNames<Enum>::kNames.size(); ++i) {
    const auto value = static_cast<Enum>(i);
    CHECK(FromName<Enum>(NameOf(value)) == value);
  }
  CHECK(NameOf(static_cast<Enum>(EnumNames<Enum>::kNames.size())) == "?");
  CHECK(FromName<Enum>("") == std::nullopt);
  CHECK(FromName<Enum>("F32") == std::nullopt);
}

TEST_CASE("Every name of an enum value leads back to it") {
  CheckNames<Storage>();
  CheckNames<NormKind>();
  CheckNames<ActivationKind>();
  CheckNames<ScaleKind>();
}

TEST_CASE("Names are those that recipes use") {
  CHECK(NameOf(Storage::kI8) == "int8");
  CHECK(NameOf(Storage::kT5) == "t5");
  CHECK(NameOf(Storage::kI6) == "int6");
  CHECK(NameOf(Storage::kI4) == "int4");
  CHECK(NamesOf<NormKind>() == "none | layer | rms");
  CHECK(NamesOf<ActivationKind>() == "relu | relu_squared | silu");
}

TEST_CASE("Every operation has a name and knows its kind") {
  CHECK(OpKindName(OpKind::kEmbedding) == "embedding");
  CHECK(OpKindName(OpKind::kAdd) == "add");
  CHECK(OpKindName(static_cast<OpKind>(99)) == "unknown");
  CHECK(Op{"x", {}, 0, TernaryLinearAttrs{}}.kind() == OpKind::kTernaryLinear);
  CHECK(Op{"x", {}, 0, GatedActivationAttrs{}}.kind() == OpKind::kGatedActivation);
}

}  // namespace
}  // namespace tritwise
