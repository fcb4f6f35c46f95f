#!/usr/bin/env bash
# Runs the tests of all presets that `make test` builds as one CTest run, which ends on CTest's summary.
# Labels: unit, sanitiser, board, style, e2e. Set TRITWISE_DATA to the folder of test data where there is one:
# without it some tests are reported as not run.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_WAIT_POLICY=passive  # as the command sets it: two tests run at a time
mkdir -p build/all-tests
{
  for preset in release asan tsan rpi5 riscv64-v; do
    [ -f "build/$preset/CTestTestfile.cmake" ] && echo "subdirs(\"$PWD/build/$preset\")"
  done
} > build/all-tests/CTestTestfile.cmake
exclude=(-LE long)
[ -n "${TRITWISE_TEST_ALL:-}" ] && exclude=()
exec ctest --test-dir build/all-tests --output-on-failure -j "$(nproc)" "${exclude[@]}" "$@"
