# Included by the toolchain files that cross-compile with clang and lld, which set TRITWISE_TRIPLE. clang finds Debian's cross
# sysroot by itself.
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
foreach(_language C CXX ASM)
  set(CMAKE_${_language}_COMPILER_TARGET ${TRITWISE_TRIPLE})
endforeach()
foreach(_kind EXE SHARED MODULE)
  set(CMAKE_${_kind}_LINKER_FLAGS_INIT "-fuse-ld=lld")
endforeach()
set(CMAKE_FIND_ROOT_PATH /usr/${TRITWISE_TRIPLE})
include("${CMAKE_CURRENT_LIST_DIR}/cross-linux.cmake")
