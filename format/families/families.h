// A network of any family from its config: how the trainer builds one without knowing which there are.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "format/families/decoder.h"
#include "format/families/mlp.h"

namespace tritwise {

using FamilyConfig = std::variant<
#define TRITWISE_FAMILY(Name, text) Name##Config,
#include "format/families/families.inc"
#undef TRITWISE_FAMILY
    std::monostate>;

// The default config of the family called `name`; monostate where there is none.
FamilyConfig DefaultFamilyConfig(std::string_view name);
std::string_view FamilyName(const FamilyConfig& config);
// "decoder | mlp"
std::string FamilyNames();

Result<Graph> BuildFamily(const FamilyConfig& config, const DataShape& shape, const LinearOptions& options);

}  // namespace tritwise
