#!/usr/bin/env bash
# Runs clang-tidy (the short list in .clang-tidy) over the sources of the release build.
# Usage: tools/tidy.sh [FOLDER...]   default: all
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f build/release/compile_commands.json ] || { echo "tidy: run make build first" >&2; exit 1; }
folders=("$@")
[ ${#folders[@]} -gt 0 ] || folders=(format kernels runtime trainer tools)
git ls-files "${folders[@]/%//*.cc}" "${folders[@]/%//**/*.cc}" | sort -u |
  grep -v "^tools/bare/" |  # built by another compiler
  xargs -P "$(nproc)" -n 4 clang-tidy -p build/release --quiet 2>/dev/null
