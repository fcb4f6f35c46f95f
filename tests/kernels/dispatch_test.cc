// Choosing an instruction set: what is offered, what is refused, what a table says about itself.
#include <cstdlib>
#include <cstring>

#include "tests/kernels/kernel_test.h"

namespace tritwise::test {
namespace {

using kernels::Kernels;
using kernels::ResolveKernels;
using kernels::SupportedTargets;

bool Complete(const Kernels& table) {
  bool complete = true;
#define TRITWISE_KERNEL(Name, member) complete = complete && table.member != nullptr;
#include "kernels/kernels.inc"
#undef TRITWISE_KERNEL
  return complete;
}

TEST_CASE("Every offered instruction set resolves to a complete table under its own name") {
  REQUIRE_FALSE(SupportedTargets().empty());
  for (const std::string& name : SupportedTargets()) {
    const Result<Kernels> table = ResolveKernels(name);
    REQUIRE(table.ok());
    CHECK(table.value().target == name);
    CHECK(Complete(table.value()));
  }
}

TEST_CASE("Tables of two instruction sets share no kernel") {
  const std::vector<Kernels> all = AllKernels();
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = i + 1; j < all.size(); ++j) {
      CHECK(all[i].ternary_row_t2 != all[j].ternary_row_t2);
      CHECK(all[i].norm_quantise_row != all[j].norm_quantise_row);
    }
  }
}

TEST_CASE("Without a name the best instruction set is taken") {
  unsetenv("TRITWISE_FORCE_TARGET");
  const Result<Kernels> table = ResolveKernels();
  REQUIRE(table.ok());
  CHECK(table.value().target == SupportedTargets().front());
}

TEST_CASE("The environment forces an instruction set where the caller names none") {
  const std::string last = SupportedTargets().back();
  setenv("TRITWISE_FORCE_TARGET", last.c_str(), 1);
  const Result<Kernels> forced = ResolveKernels();
  const Result<Kernels> named = ResolveKernels(SupportedTargets().front());
  unsetenv("TRITWISE_FORCE_TARGET");
  REQUIRE(forced.ok());
  CHECK(forced.value().target == last);
  REQUIRE(named.ok());
  CHECK(named.value().target == SupportedTargets().front());
}

TEST_CASE("A wrong name in the environment is an error, not the default") {
  setenv("TRITWISE_FORCE_TARGET", "MMX", 1);
  const Result<Kernels> table = ResolveKernels();
  unsetenv("TRITWISE_FORCE_TARGET");
  REQUIRE_FALSE(table.ok());
  CHECK(std::strstr(table.status().message(), "MMX") != nullptr);
}

TEST_CASE("An unknown instruction set is refused with the names that would do") {
  const Result<Kernels> table = ResolveKernels("avx2");  // names are exact
  REQUIRE_FALSE(table.ok());
  CHECK(table.status().code() == StatusCode::kInvalidArgument);
  CHECK(std::strstr(table.status().message(), "\"avx2\"") != nullptr);
  for (const std::string& name : SupportedTargets()) {
    CHECK(std::strstr(table.status().message(), name.c_str()) != nullptr);
  }
}

TEST_CASE("A kernel behaves as its table says about fused multiply-add") {
  // (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 when rounded once and 0 when the product is rounded first.
  for (const Kernels& table : AllKernels()) {
    CAPTURE(table.target);
    float x[2] = {1.0f + 0x1p-12f, -1.0f - 0x1p-11f};  // y0 = -(x1 * sine) + x0 * cosine with the product first
    const float cosine = 1.0f;
    const float sine = 1.0f + 0x1p-12f;
    x[0] = -1.0f - 0x1p-11f;
    x[1] = -(1.0f + 0x1p-12f);
    table.rotate_row(x, 1, 2, &cosine, &sine);
    CHECK(x[0] == (table.fused ? 0x1p-24f : 0.0f));
  }
}

}  // namespace
}  // namespace tritwise::test
