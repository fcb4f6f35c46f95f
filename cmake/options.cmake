# Compiler settings for our own code; third-party targets do not get them.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT TRITWISE_STATIC)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endif()
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(tritwise_options INTERFACE)
target_include_directories(tritwise_options INTERFACE "${PROJECT_SOURCE_DIR}")
# Fused multiply-add only where it is written: otherwise two compilers give two results.
target_compile_options(tritwise_options INTERFACE
  -Wall -Wextra -Wconversion -ffp-contract=off -fno-math-errno)
# libstdc++ 12's stable_sort uses what it deprecates itself, and clang says so.
target_compile_options(tritwise_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(TRITWISE_WARNINGS_AS_ERRORS)
  target_compile_options(tritwise_options INTERFACE -Werror)
endif()

# format/, kernels/ and runtime/ report errors as values, and a shared library shows nothing of them but the C API.
add_library(tritwise_no_exceptions INTERFACE)
target_compile_options(tritwise_no_exceptions INTERFACE
  -fvisibility=hidden $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fvisibility-inlines-hidden>)
if(TRITWISE_BOARD)  # nothing is thrown through them, and their tables for that are a tenth of a small file
  target_compile_options(tritwise_no_exceptions INTERFACE -fno-unwind-tables -fno-asynchronous-unwind-tables)
endif()
if(NOT TRITWISE_SANITIZE)  # the undefined-behaviour sanitiser looks at types where both kinds of code meet
  target_compile_options(tritwise_no_exceptions INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
endif()

# Where a board's build is made small: what computes is made fast all the same.
add_library(tritwise_fast INTERFACE)
if(TRITWISE_BOARD)
  target_compile_options(tritwise_fast INTERFACE -O3)
endif()

if(TRITWISE_SANITIZE)
  add_compile_options(-fsanitize=${TRITWISE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
  add_link_options(-fsanitize=${TRITWISE_SANITIZE})
  # gcc 12 sees uninitialised memory in its own <regex> when sanitisers are on.
  target_compile_options(tritwise_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
