#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
small_recipe 400
"$TRITWISE" train "$work/recipe.toml" --out "$work/whole" 2> /dev/null

"$TRITWISE" train "$work/recipe.toml" --out "$work/run" > "$work/out" 2> "$work/err" &
pid=$!
until [ -f "$work/run/metrics.jsonl" ] && [ "$(grep -c '"step"' "$work/run/metrics.jsonl")" -gt 30 ]; do
  kill -0 $pid 2> /dev/null || fail "the run ended before it could be interrupted"
  sleep 0.02
done
kill -INT $pid
code=0
wait $pid || code=$?
[ $code -eq 130 ] || fail "exit code $code after Ctrl-C: $(tail -n 3 "$work/err")"
command=$(sed -n 's/^stopped and saved; go on with: //p' "$work/err")
[ "$command" = "tritwise train --resume $work/run" ] || fail "no command to resume: $(tail -n 3 "$work/err")"
"$TRITWISE" train --resume "$work/run" 2> /dev/null
cmp "$work/whole/checkpoint.safetensors" "$work/run/checkpoint.safetensors" || fail "the weights differ"
cmp "$work/whole/model.trit" "$work/run/model.trit" || fail "the models differ"
steps=$(jq -s 'map(select(.type == "step") | .step) | . == [range(400)]' "$work/run/metrics.jsonl")
[ "$steps" = true ] || fail "metrics.jsonl does not hold every step once"
