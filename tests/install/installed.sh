#!/usr/bin/env bash
# Installs the build, moves the tree elsewhere, and builds and runs programs on it: C++ by find_package, C by
# pkg-config with the shared and the static library, Python. All must write what `tritwise run` writes.
# Usage: installed.sh BUILD
. "$(dirname "$0")/../e2e/common.sh"
build=$1
prefix=$work/prefix
cmake --install "$build" --prefix "$work/first" > "$work/log" 2>&1 || fail "install: $(tail -n 5 "$work/log")"
mv "$work/first" "$prefix"
[ -x "$prefix/bin/tritwise" ] || fail "the command is not installed"

libraries=$(dirname "$(find "$prefix" -name libtritwise.so.0)")
hidden=$(nm -D --defined-only "$libraries/libtritwise.so" | awk '$2 != "A" {print $3}' | grep -v '^tritwise_' || true)
[ -z "$hidden" ] || fail "libtritwise.so shows more than the C API: $hidden"
if grep -rnE '#include "(format|flatbuffers|hwy|kernels|runtime)/|flatbuffers/|hwy/' "$prefix/include"; then
  fail "public headers include what is not installed"
fi

# Every program, with its own way to be built.
cmake -S tests/install/consumer -B "$work/cpp" -DCMAKE_PREFIX_PATH="$prefix" > "$work/log" 2>&1 ||
  fail "find_package: $(tail -n 20 "$work/log")"
cmake --build "$work/cpp" > "$work/log" 2>&1 || fail "C++ consumer: $(tail -n 20 "$work/log")"
cmake -S tests/install/consumer_c -B "$work/c" -DCMAKE_PREFIX_PATH="$prefix" \
  -DTRITWISE_EXAMPLE="$PWD/runtime/examples/generate.c" > "$work/log" 2>&1 || fail "find_package in C: $(tail -n 20 "$work/log")"
cmake --build "$work/c" > "$work/log" 2>&1 || fail "C consumer: $(tail -n 20 "$work/log")"
export PKG_CONFIG_PATH=$libraries/pkgconfig
read -ra warnings <<< "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror"
read -ra shared <<< "$(pkg-config --cflags --libs tritwise)"
read -ra static <<< "$(pkg-config --cflags --libs tritwise-runtime)"
cc "${warnings[@]}" -o "$work/c_shared" runtime/examples/generate.c "${shared[@]}" "-Wl,-rpath,$libraries"
cc "${warnings[@]}" -o "$work/c_static" runtime/examples/generate.c "${static[@]}"
if readelf -d "$work/c_static" "$work/cpp/consumer" | grep -E 'NEEDED.*(tritwise|hwy)'; then
  fail "a statically linked program asks for a shared library of ours"
fi
readelf -d "$work/c_shared" | grep -q 'NEEDED.*libtritwise.so.0' || fail "the C program does not use libtritwise.so.0"
export PYTHONPATH=$prefix/share/tritwise/python PYTHONDONTWRITEBYTECODE=1
examples=$prefix/share/tritwise/examples

same() { cmp "$work/expected" "$work/got" || fail "$*: another text: $(head -c 300 "$work/got")"; }
"$MODELS" "$work"
for model in tests/golden/v1-tiny.trit "$work/text.trit"; do
  "$TRITWISE" run "$model" -p "he" -n 10 > "$work/expected"
  "$prefix/bin/tritwise" run "$model" -p "he" -n 10 > "$work/got"
  same "$model, installed command"
  "$work/cpp/consumer" "$model" "he" 10 > "$work/got"
  same "$model, C++"
  python3 "$examples/generate.py" "$model" "he" 10 > "$work/got"
  same "$model, Python"
  "$TRITWISE" run "$model" -p "he" -n 10 --temperature 0.8 --top-k 40 --seed 1 > "$work/expected"
  for program in c_shared c_static c/consumer_c; do
    "$work/$program" "$model" "he" 10 > "$work/got"
    same "$model, $program"
  done
done

for row in 1 2 3 4 5; do
  awk -v row="$row" 'BEGIN { for (i = 0; i < 50; ++i) printf "%g ", (i * row % 7) / 4 - 0.5; print "" }'
done > "$work/rows"
"$work/cpp/consumer" "$work/rows.trit" < "$work/rows" > "$work/expected"
python3 "$examples/classify.py" "$work/rows.trit" < "$work/rows" > "$work/got"
[ "$(wc -l < "$work/expected")" -eq 5 ] || fail "not five rows: $(cat "$work/expected")"
same "rows, Python"

# Bad input, and where the library is not.
expect_error 1 'none.trit: cannot open' python3 "$examples/generate.py" "$work/none.trit" "he"
expect_error 1 'row 0 has 2 features, the model reads 50' python3 "$examples/classify.py" "$work/rows.trit" <<< "1 2"
expect_error 1 'none.trit: cannot open' "$work/c_shared" "$work/none.trit" "he"
TRITWISE_LIBRARY=$work/none.so python3 -c 'import tritwise' 2> "$work/stderr" && fail "Python loaded another library"
grep -q 'ImportError: .*none.so.*TRITWISE_LIBRARY' "$work/stderr" || fail "$(cat "$work/stderr")"
python3 tests/install/module.py "$work/text.trit" "$work/rows.trit"
