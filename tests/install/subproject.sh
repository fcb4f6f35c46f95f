#!/usr/bin/env bash
# Configures and builds a project that has this one as a subproject, and runs its program. One instruction set, none
# with vectors, and not optimised: builds fastest, and the greedy text is the same.
. "$(dirname "$0")/../e2e/common.sh"
cmake -S tests/install/subproject -B "$work/build" -G Ninja -DTRITWISE_SOURCE="$PWD" -DCMAKE_CXX_COMPILER=g++ \
  -DTRITWISE_DEPENDENCIES_DIR="$TRITWISE_DEPENDENCIES_DIR" -DTRITWISE_HIGHWAY_TARGETS=SCALAR -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 > "$work/log" 2>&1 ||
  fail "configure: $(tail -n 20 "$work/log")"
cmake --build "$work/build" --target consumer > "$work/log" 2>&1 || fail "build: $(grep -A 10 -E 'error|FAILED' "$work/log" | head -n 40)"
"$MODELS" "$work"
"$TRITWISE" run "$work/text.trit" -p "hello" -n 20 > "$work/expected"
"$work/build/consumer" "$work/text.trit" "hello" 20 > "$work/text"
cmp "$work/expected" "$work/text" || fail "another text than tritwise run's"
