# 64-bit RISC-V Linux with clang and lld against Debian's cross sysroot (libc6-dev-riscv64-cross and
# libstdc++-12-dev-riscv64-cross, which g++-riscv64-linux-gnu brings). Compiler and flags only: what a board has is said under
# targets/.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(TRITWISE_TRIPLE riscv64-linux-gnu)
include("${CMAKE_CURRENT_LIST_DIR}/cross-linux-clang.cmake")
