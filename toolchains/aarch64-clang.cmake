# aarch64 Linux with clang and lld against Debian's cross sysroot (libc6-dev-arm64-cross and
# libstdc++-12-dev-arm64-cross, which g++-aarch64-linux-gnu brings). Compiler and flags only: what a board has is said under
# targets/.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(TRITWISE_TRIPLE aarch64-linux-gnu)
include("${CMAKE_CURRENT_LIST_DIR}/cross-linux-clang.cmake")
