#include "format/families/families.h"

#include <array>

#include "format/verify.h"

namespace tritwise {
namespace {

constexpr std::string_view kNames[] = {
#define TRITWISE_FAMILY(Name, text) text,
#include "format/families/families.inc"
#undef TRITWISE_FAMILY
};

#define TRITWISE_FAMILY(Name, text)                                                                       \
  Result<Graph> Build(const Name##Config& config, const DataShape& shape, const LinearOptions& options) { \
    return Build##Name(config, shape, options);                                                           \
  }
#include "format/families/families.inc"
#undef TRITWISE_FAMILY

Result<Graph> Build(std::monostate, const DataShape&, const LinearOptions&) {
  return Status::Error(StatusCode::kInvalidArgument, "network.family: there is none of that name");
}

// A pattern that names nothing is a slip of the pen.
Status CheckLinears(const Graph& graph, const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const Op* some = nullptr;
    bool found = false;
    for (const Op& op : graph.ops) {
      if (op.kind() != OpKind::kTernaryLinear && op.kind() != OpKind::kPlainLinear) continue;
      if (some == nullptr) some = &op;
      found = found || (op.kind() == OpKind::kTernaryLinear && MatchesPattern(op.name, pattern));
    }
    if (!found && pattern != "*") {
      return Status::Error(StatusCode::kInvalidArgument,
                           "quantise.linears: \"%s\" names no linear that can be ternary (one is %s)", pattern.c_str(),
                           some == nullptr ? "none" : some->name.c_str());
    }
  }
  return Status();
}

}  // namespace

FamilyConfig DefaultFamilyConfig(std::string_view name) {
#define TRITWISE_FAMILY(Name, text) \
  if (name == text) return Name##Config{};
#include "format/families/families.inc"
#undef TRITWISE_FAMILY
  return std::monostate{};
}

std::string_view FamilyName(const FamilyConfig& config) {
  return config.index() < std::size(kNames) ? kNames[config.index()] : std::string_view("none");
}

std::string FamilyNames() {
  std::string all;
  for (const std::string_view name : kNames) {
    if (!all.empty()) all += " | ";
    all += name;
  }
  return all;
}

Result<Graph> BuildFamily(const FamilyConfig& config, const DataShape& shape, const LinearOptions& options) {
  TRITWISE_ASSIGN_OR_RETURN(Graph graph, std::visit([&](const auto& c) { return Build(c, shape, options); }, config));
  TRITWISE_RETURN_IF_ERROR(VerifyGraph(graph, "network"));
  TRITWISE_RETURN_IF_ERROR(CheckLinears(graph, options.ternary_linears));
  return graph;
}

}  // namespace tritwise
