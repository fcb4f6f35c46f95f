#!/usr/bin/env bash
# A run whose disk fills up fails in one line, loses nothing and goes on to the same bytes.
. "$(dirname "$0")/common.sh"
small_recipe 120 5
"$TRITWISE" train "$work/recipe.toml" --out "$work/whole" > /dev/null 2>&1
"$TRITWISE" train "$work/recipe.toml" --out "$work/run" > /dev/null 2>&1 &
pid=$!
until [ -f "$work/run/checkpoint.safetensors" ]; do sleep 0.02; done
kill -KILL $pid
wait $pid 2> /dev/null || true
cp "$work/run/checkpoint.safetensors" "$work/before"
# No file grows beyond this many KiB from here on: too few for a checkpoint, and soon for the metrics.
limited() (
  trap '' XFSZ
  ulimit -f 64
  exec "$TRITWISE" train --resume "$work/run"
)
code=0
limited > /dev/null 2> "$work/stderr" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code: $(cat "$work/stderr")"
tail -n 1 "$work/stderr" | grep -qE '^tritwise train: .*cannot write' || fail "last line: $(tail -n 1 "$work/stderr")"
cmp "$work/before" "$work/run/checkpoint.safetensors" || fail "the checkpoint changed"
"$TRITWISE" train --resume "$work/run" > /dev/null 2>&1
cmp "$work/whole/checkpoint.safetensors" "$work/run/checkpoint.safetensors" || fail "the weights differ"
cmp "$work/whole/model.trit" "$work/run/model.trit" || fail "the models differ"
