#!/usr/bin/env bash
# Runs clang-tidy (the short list in .clang-tidy) over the sources, file by file as the preset dev compiles them.
# Usage: tools/tidy.sh [FOLDER...]   default: all
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset dev > /dev/null
cmake --build build/dev --target format/generated/model_generated.h > /dev/null
folders=("$@")
[ ${#folders[@]} -gt 0 ] || folders=(format kernels runtime trainer tools)
# OpenMP's header is GCC's: clang-tidy has none of its own.
mkdir -p build/dev/tidy-include
ln -sf "$(g++ -print-file-name=include)/omp.h" build/dev/tidy-include/omp.h
git ls-files "${folders[@]/%//*.cc}" "${folders[@]/%//**/*.cc}" | sort -u |
  grep -v "^tools/bare/" |  # built by another compiler
  xargs -P "$(nproc)" -n 4 clang-tidy -p build/dev --quiet --extra-arg="-isystem$PWD/build/dev/tidy-include" 2>/dev/null
