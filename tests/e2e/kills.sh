#!/usr/bin/env bash
# Usage: kills.sh N: kills a run N times at random moments and resumes it.
. "$(dirname "$0")/common.sh"
small_recipe $((60 * $1)) 5
"$TRITWISE" train "$work/recipe.toml" --out "$work/whole" 2> /dev/null
RANDOM=7
args=("$work/recipe.toml" --out "$work/run")
for ((i = 0; i < $1; ++i)); do
  "$TRITWISE" train "${args[@]}" > /dev/null 2>> "$work/err" &
  pid=$!
  sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
  kill -KILL $pid 2> /dev/null || true
  wait $pid 2> /dev/null || true
  if [ -f "$work/run/checkpoint.safetensors" ]; then args=(--resume "$work/run"); else rm -rf "$work/run"; fi
done
"$TRITWISE" train "${args[@]}" > /dev/null 2>> "$work/err" || fail "the last resume failed: $(tail -n 2 "$work/err")"
cmp "$work/whole/checkpoint.safetensors" "$work/run/checkpoint.safetensors" || fail "the weights differ"
cmp "$work/whole/model.trit" "$work/run/model.trit" || fail "the models differ"
