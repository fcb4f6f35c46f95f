// Choosing an instruction set: what is offered, what is refused, what a table says about itself.
#include <cstdlib>
#include <cstring>
#include <set>

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

// Boards' tests say what their emulated CPU must be found to have (targets/board.cmake).
TEST_CASE("What a board has is what runs on it, not something slower") {
  const char* expected = std::getenv("TRITWISE_EXPECT_TARGET");
  if (expected == nullptr) return;
  unsetenv("TRITWISE_FORCE_TARGET");
  const Result<Kernels> table = ResolveKernels();
  REQUIRE(table.ok());
  CHECK(table.value().target + std::string(table.value().dot_product ? " dot" : "") == expected);
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

TEST_CASE("An operation's alternatives are different kernels of known names") {
  const std::vector<kernels::Alternative> all = kernels::Alternatives();
  REQUIRE(all.size() >= 8);
  for (const std::string& target : SupportedTargets()) {
    std::set<const void*> pointers;
    for (const kernels::Alternative& a : all) {
      const Result<Kernels> table = ResolveKernels(target, std::string(a.operation) + "=" + a.name);
      REQUIRE(table.ok());
      std::string name;
#define TRITWISE_KERNEL(Name, member)                                     \
  if (std::string_view(a.operation) == #member) {                         \
    pointers.insert(reinterpret_cast<const void*>(table.value().member)); \
    name = table.value().names.member;                                    \
  }
#include "kernels/kernels.inc"
      CHECK(name == a.name);
    }
    CHECK(pointers.size() == all.size());
  }
}

TEST_CASE("A forced kernel is taken wherever an operation has it, or for one operation") {
  const Kernels everywhere = ResolveKernels({}, "mask").value();
  CHECK(everywhere.names.ternary_row_t2 == std::string("mask"));
  CHECK(everywhere.names.ternary_rows_t5 == std::string("mask"));
  const Kernels one = ResolveKernels({}, "dot,ternary_row_t5=mask").value();
  CHECK(one.names.ternary_row_t2 == std::string("dot"));
  CHECK(one.names.ternary_row_t5 == std::string("mask"));
  CHECK(one.ternary_row_t5 == everywhere.ternary_row_t5);
  CHECK(one.ternary_row_t2 != everywhere.ternary_row_t2);
}

TEST_CASE("The environment forces a kernel where the caller names none") {
  setenv("TRITWISE_FORCE_KERNEL", "mask", 1);
  const Result<Kernels> forced = ResolveKernels();
  const Result<Kernels> named = ResolveKernels({}, "dot");
  setenv("TRITWISE_FORCE_KERNEL", "ternary_row_t2=abacus", 1);
  const Result<Kernels> wrong = ResolveKernels();
  unsetenv("TRITWISE_FORCE_KERNEL");
  REQUIRE(forced.ok());
  CHECK(forced.value().names.ternary_row_t2 == std::string("mask"));
  REQUIRE(named.ok());
  CHECK(named.value().names.ternary_row_t2 == std::string("dot"));
  CHECK_FALSE(wrong.ok());
}

TEST_CASE("An unknown kernel or operation is refused with all that there are") {
  for (const char* wrong :
       {"abacus", "ternary_row_t2=abacus", "norm_row=dot", "row=mask", "mask,", ",mask", "mask dot"}) {
    const Result<Kernels> table = ResolveKernels({}, wrong);
    INFO(wrong);
    REQUIRE_FALSE(table.ok());
    CHECK(table.status().code() == StatusCode::kInvalidArgument);
    for (const kernels::Alternative& a : kernels::Alternatives()) {
      CHECK(std::strstr(table.status().message(), a.operation) != nullptr);
      CHECK(std::strstr(table.status().message(), a.name) != nullptr);
    }
  }
}

TEST_CASE("Names of operations are followed by the kernel that is taken") {
  const Kernels table = ResolveKernels({}, "mask,ternary_rows_t2=dot").value();
  CHECK(kernels::WithKernelNames(table, "1 row: ternary_row_t2, more: ternary_rows_t2, norm_row") ==
        "1 row: ternary_row_t2/mask, more: ternary_rows_t2/dot, norm_row");
  CHECK(kernels::WithKernelNames(table, "").empty());
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
