#!/usr/bin/env bash
# The minimal command (first argument): models of every version and layout say the same as with the full one, and what
# makes a program large is not in it.
. "$(dirname "$0")/common.sh"
minimal=$1

same() {
  local code=0 minimal_code=0
  "$TRITWISE" "$@" > "$work/full" 2> "$work/full.err" || code=$?
  "$minimal" "$@" > "$work/minimal" 2> "$work/minimal.err" || minimal_code=$?
  [ "$code" -eq "$minimal_code" ] || fail "$*: exit code $minimal_code instead of $code"
  cmp "$work/full" "$work/minimal" || fail "$*: another text"
  cmp "$work/full.err" "$work/minimal.err" || fail "$*: other errors"
}
for model in tests/golden/*.trit; do
  same run "$model" -p "hello" -n 30
  same run "$model" -p "hello" -n 30 --temperature 2 --top-k 50 --seed 9 --threads 2
  same inspect "$model"
  same inspect "$model" --plan --memory --threads 1
done
[ -s "$work/full" ] || fail "nothing was compared"

"$TRITWISE" random --shape 1m -o "$work/1m.trit" > /dev/null
same inspect "$work/1m.trit"
same run "$work/1m.trit" -p a  # no vocabulary
expect_error 2 'prompt is required' "$minimal" run "$work/1m.trit"
expect_error 1 'no vocabulary' "$minimal" run "$work/1m.trit" -p a
json=$("$minimal" bench "$work/1m.trit" --json)
jq -e '.prefill.tokens_per_s > 0 and .decode.tokens_per_s > 0 and .machine.read_gb_per_s > 0' > /dev/null <<< "$json" ||
  fail "bench: $json"
jq -e '.memory.peak_rss_bytes >= .memory.weights_bytes + .memory.cache_bytes' > /dev/null <<< "$json" ||
  fail "bench: $json"

# Memory that runs out is one line, wherever it does.
sed -e 's/^width = .*/width = 2048/' -e 's/^layers = .*/layers = 1/' tools/shapes/1m.toml > "$work/wide.toml"
"$TRITWISE" random --shape "$work/wide.toml" -o "$work/wide.trit" > /dev/null
ended=0
for kibibytes in $(seq 4000 1000 100000); do
  code=0
  (ulimit -v "$kibibytes" && exec "$minimal" inspect "$work/wide.trit") > "$work/stdout" 2> "$work/stderr" || code=$?
  [ "$code" -ne 0 ] || break
  # 127: not even the program's libraries fit.
  [ "$code" -eq 1 ] || [ "$code" -eq 127 ] || fail "$kibibytes KiB: exit code $code: $(cat "$work/stderr")"
  [ "$(wc -l < "$work/stderr")" -eq 1 ] || fail "$kibibytes KiB: not one line: $(cat "$work/stderr")"
  ! grep -qx 'tritwise: out of memory' "$work/stderr" || ended=$((ended + 1))
done
[ "$code" -eq 0 ] || fail "no amount of memory is enough"
[ "$ended" -gt 0 ] || fail "memory never ran out"

# Streams bring the library's locales: more than the limit of the whole file.
streams='std::.*(ios_base|locale|stream)'
symbols() { nm -C "$1" | grep -cE "$streams" || true; }
[ "$(symbols "$TRITWISE")" -gt 0 ] || fail "the search for streams finds none in the full command either"
[ "$(symbols "$minimal")" -eq 0 ] || fail "streams in the minimal command: $(nm -C "$minimal" | grep -E "$streams" | head -n 3)"
