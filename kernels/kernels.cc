// Which instruction sets there are, and the table of kernels for one of them.
//
// Highway keeps the chosen target in a global; it is set before any pointer is taken, because a pointer taken
// earlier is a trampoline that detects the CPU on every call. What a table says about its target (name,
// fused) comes from code compiled for that target, not from the name that was asked for.
#include "kernels/kernels.h"

#include <cstdlib>

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/kernels.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

// The target's bit, negative where multiply-add rounds twice.
int64_t DescribeTarget() { return kFused ? int64_t{HWY_TARGET} : -int64_t{HWY_TARGET}; }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
namespace {

HWY_EXPORT(DescribeTarget);

Status UnknownTarget(std::string_view name) {
  std::string known;
  for (const std::string& target : SupportedTargets()) known += " " + target;
  return Status::Error(StatusCode::kInvalidArgument,
                       "instruction set \"%.*s\" is not in this build or not in this CPU; there are:%s",
                       static_cast<int>(name.size() < 40 ? name.size() : 40), name.data(), known.c_str());
}

}  // namespace

std::vector<std::string> SupportedTargets() {
  std::vector<std::string> names;
  // The lowest bit is the best target.
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

Result<Kernels> ResolveKernels(std::string_view target) {
  if (target.empty()) {
    const char* forced = std::getenv("TRITWISE_FORCE_TARGET");
    if (forced != nullptr) target = forced;
  }
  int64_t chosen = 0;
  for (const int64_t candidate : hwy::SupportedAndGeneratedTargets()) {
    if (chosen == 0 && (target.empty() || target == hwy::TargetName(candidate))) chosen = candidate;
  }
  if (chosen == 0) return UnknownTarget(target);
  hwy::GetChosenTarget().Update(chosen);

  Kernels kernels;
#define TRITWISE_KERNEL(Name, member) kernels.member = Resolve##Name();
#include "kernels/kernels.inc"
#undef TRITWISE_KERNEL
  const int64_t description = (*HWY_DYNAMIC_POINTER(DescribeTarget))();
  kernels.fused = description > 0;
  kernels.target = hwy::TargetName(description > 0 ? description : -description);
  return kernels;
}

}  // namespace tritwise::kernels
#endif  // HWY_ONCE
