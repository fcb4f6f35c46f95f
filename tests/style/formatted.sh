#!/usr/bin/env bash
# All sources are as clang-format would write them (make format).
set -euo pipefail
git ls-files '*.cc' '*.h' '*.c' | xargs clang-format --dry-run -Werror
