#!/usr/bin/env bash
# Ctrl-C saves, and a run goes on with other numbers of ranks: 2, 1, 2.
. "$(dirname "$0")/common.sh"
small_recipe 600 1000
two=("$TRITWISE" launch -n 2 --threads-per-rank 1 --)
steps() { grep -c '"type":"step"' "$work/run/metrics.jsonl" 2> /dev/null || true; }

# interrupt_after STEPS COMMAND...
interrupt_after() {
  local steps=$1 pid code=0
  shift
  "$@" > "$work/out" 2> "$work/err" &
  pid=$!
  until [ "$(steps)" -ge "$steps" ] 2> /dev/null; do
    kill -0 $pid 2> /dev/null || fail "the run ended before it could be interrupted: $(cat "$work/err")"
    sleep 0.02
  done
  kill -INT $pid
  wait $pid || code=$?
  [ $code -eq 130 ] || fail "exit code $code after Ctrl-C: $(tail -n 3 "$work/err")"
}

interrupt_after 40 "${two[@]}" train "$work/recipe.toml" --out "$work/run"
command=$(sed -n 's/^stopped and saved; go on with: //p' "$work/err")
[ "$command" = "tritwise launch -n 2 --threads-per-rank 1 -- train --resume $work/run" ] || fail "no command: $(tail -n 3 "$work/err")"
interrupt_after 200 "$TRITWISE" train --resume "$work/run" --threads 1
grep -q 'the run had 2 ranks, 1 thread each so far and goes on with 1 thread:' "$work/err" || fail "nothing is said of ranks"
"${two[@]}" train --resume "$work/run" > "$work/out" 2> "$work/err" || fail "the second launch: $(tail -n 3 "$work/err")"
grep -q 'the run had 1 thread so far and goes on with 2 ranks, 1 thread each:' "$work/err" || fail "nothing is said of ranks"
all=$(jq -s 'map(select(.type == "step") | .step) | . == [range(600)]' "$work/run/metrics.jsonl")
[ "$all" = true ] || fail "metrics.jsonl does not hold every step once"

# As good as a run of one process.
"$TRITWISE" train "$work/recipe.toml" --threads 1 --out "$work/whole" > /dev/null 2>&1
loss() { jq -s '[.[] | select(.type == "validation")] | last | .loss' "$work/$1/metrics.jsonl"; }
jq -en --argjson a "$(loss whole)" --argjson b "$(loss run)" '($a - $b) / $a | fabs <= 0.02' > /dev/null ||
  fail "validation losses: $(loss whole) and $(loss run)"
