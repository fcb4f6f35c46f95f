// Which instruction sets there are, and the table of kernels for one of them.
//
// Highway keeps the chosen target in a global; it is set before any pointer is taken, because a pointer taken
// earlier is a trampoline that detects the CPU on every call. What a table says about its target (name,
// fused) comes from code compiled for that target, not from the name that was asked for.
#include "kernels/kernels.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "kernels/default_kernels.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/kernels.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "kernels/common/dot-inl.h"
#include "kernels/common/lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tritwise::kernels {
namespace HWY_NAMESPACE {
namespace {

void DescribeTarget(Kernels& kernels) {
  kernels.target = hwy::TargetName(HWY_TARGET);
  kernels.fused = kFused;
  kernels.dot_product = TRITWISE_QUAD_DOT;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tritwise::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tritwise::kernels {
namespace {

#ifdef TRITWISE_SHIPPED_TARGETS
static_assert((HWY_TARGETS & TRITWISE_SHIPPED_TARGETS) == TRITWISE_SHIPPED_TARGETS,
              "Highway leaves out an instruction set that this build is to have");
#endif

HWY_EXPORT(DescribeTarget);

Status UnknownTarget(std::string_view name) {
  std::string known;
  for (const std::string& target : SupportedTargets()) known += " " + target;
  return Status::Error(StatusCode::kInvalidArgument,
                       "instruction set \"%.*s\" is not in this build or not in this CPU; there are:%s",
                       static_cast<int>(name.size() < 40 ? name.size() : 40), name.data(), known.c_str());
}

constexpr std::string_view kMainKernel = "dot";  // the first one of an operation that has others

// Takes the kernel `name` for `operation`; false where there is none.
bool Choose(Kernels& kernels, std::string_view operation, std::string_view name) {
  bool has_others = false;
#define TRITWISE_ALTERNATIVE(member, Name, alternative) \
  if (operation == #member) {                           \
    has_others = true;                                  \
    if (name == alternative) {                          \
      kernels.member = Resolve##Name();                 \
      kernels.names.member = alternative;               \
      return true;                                      \
    }                                                   \
  }
#include "kernels/kernels.inc"
  if (!has_others || name != kMainKernel) return false;
#define TRITWISE_KERNEL(Name, member)          \
  if (operation == #member) {                  \
    kernels.member = Resolve##Name();          \
    kernels.names.member = kMainKernel.data(); \
  }
#include "kernels/kernels.inc"
  return true;
}

Status UnknownKernel(std::string_view item) {
  std::string known;
  const char* operation = "";
  for (const Alternative& a : Alternatives()) {
    known += std::string_view(operation) == a.operation ? "," : std::string(" ") + a.operation + "=";
    known += a.name;
    operation = a.operation;
  }
  return Status::Error(StatusCode::kInvalidArgument,
                       "\"%.*s\" is neither a kernel nor an operation and its kernel; there are:%s",
                       static_cast<int>(item.size() < 40 ? item.size() : 40), item.data(), known.c_str());
}

// One item of a list: "name" or "operation=name".
Status Force(Kernels& kernels, std::string_view item) {
  const size_t equals = item.find('=');
  bool found = false;
  if (equals != std::string_view::npos) {
    found = Choose(kernels, item.substr(0, equals), item.substr(equals + 1));
  } else {
    for (const Alternative& a : Alternatives()) {
      if (item == a.name) found = Choose(kernels, a.operation, a.name) || found;
    }
  }
  return found ? Status() : UnknownKernel(item);
}

}  // namespace

std::vector<std::string> SupportedTargets() {
  std::vector<std::string> names;
  // The lowest bit is the best target.
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

std::vector<Alternative> Alternatives() {
  std::vector<Alternative> all;
#define TRITWISE_ALTERNATIVE(member, Name, name)                          \
  if (all.empty() || std::string_view(all.back().operation) != #member) { \
    all.push_back({#member, kMainKernel.data()});                         \
  }                                                                       \
  all.push_back({#member, name});
#include "kernels/kernels.inc"
  return all;
}

Result<Kernels> ResolveKernels(std::string_view target, std::string_view kernel) {
  if (target.empty()) {
    const char* forced = std::getenv("TRITWISE_FORCE_TARGET");
    if (forced != nullptr) target = forced;
  }
  int64_t chosen = 0;
  for (const int64_t candidate : hwy::SupportedAndGeneratedTargets()) {
    if (chosen == 0 && (target.empty() || target == hwy::TargetName(candidate))) chosen = candidate;
  }
  if (chosen == 0) return UnknownTarget(target);
  static std::mutex chosen_target;  // Highway has one for the whole process
  const std::lock_guard<std::mutex> lock(chosen_target);
  hwy::GetChosenTarget().Update(chosen);

  Kernels kernels;
#define TRITWISE_KERNEL(Name, member) kernels.member = Resolve##Name();
#include "kernels/kernels.inc"
  for (const Alternative& a : Alternatives()) {
    if (a.name == kMainKernel) Choose(kernels, a.operation, a.name);
  }
  for (const DefaultKernel& d : kDefaultKernels) {
    if ((d.targets & chosen) != 0) Choose(kernels, d.operation, d.name);
  }
  const char* forced = std::getenv("TRITWISE_FORCE_KERNEL");
  if (kernel.empty() && forced != nullptr) kernel = forced;
  for (bool more = !kernel.empty(); more;) {
    const size_t comma = kernel.find(',');
    TRITWISE_RETURN_IF_ERROR(Force(kernels, kernel.substr(0, comma)));
    more = comma != std::string_view::npos;
    if (more) kernel.remove_prefix(comma + 1);
  }
  (*HWY_DYNAMIC_POINTER(DescribeTarget))(kernels);
  return kernels;
}

std::string WithKernelNames(const Kernels& kernels, std::string_view text) {
  std::string named;
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_0123456789";
  while (!text.empty()) {
    const size_t begin = std::min(text.find_first_of(kLetters), text.size());
    const size_t end = std::min(text.find_first_not_of(kLetters, begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    named += text.substr(0, end);
#define TRITWISE_KERNEL(Name, member) \
  if (word == #member && *kernels.names.member != '\0') named += std::string("/") + kernels.names.member;
#include "kernels/kernels.inc"
    text.remove_prefix(end);
  }
  return named;
}

}  // namespace tritwise::kernels
#endif  // HWY_ONCE
