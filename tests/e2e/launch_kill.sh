#!/usr/bin/env bash
# A rank that is killed: one line that names it and the last checkpoint, from which one process can go on.
. "$(dirname "$0")/common.sh"
small_recipe 4000 20

# kill_rank RANK: of the run in $work/run.
kill_rank() {
  local pid
  for pid in $(pgrep -f "train .*$work/run"); do
    if tr '\0' '\n' < "/proc/$pid/environ" 2> /dev/null | grep -qx "OMPI_COMM_WORLD_RANK=$1"; then
      kill -KILL "$pid"
      return
    fi
  done
  fail "there is no rank $1"
}

for rank in 1 0; do
  rm -rf "$work/run"
  "$TRITWISE" launch -n 2 --threads-per-rank 1 -- train "$work/recipe.toml" --out "$work/run" > "$work/out" 2> "$work/err" &
  pid=$!
  until [ -f "$work/run/checkpoint.safetensors" ]; do
    kill -0 $pid 2> /dev/null || fail "the run ended before a rank could be killed: $(cat "$work/err")"
    sleep 0.02
  done
  sleep 0.3
  kill_rank $rank
  begin=$SECONDS
  code=0
  wait $pid || code=$?
  [ $((SECONDS - begin)) -le 10 ] || fail "the run took $((SECONDS - begin)) s to end"
  [ $code -eq 1 ] || fail "exit code $code: $(cat "$work/err")"
  step=$(head -c 100000 "$work/run/checkpoint.safetensors" | grep -aoE '"step":"[0-9]+"' | grep -oE '[0-9]+')
  line="tritwise launch: rank $rank on host [^ ]+ was ended by signal 9 .*; the last whole checkpoint is $work/run/checkpoint.safetensors, step $step; go on with: tritwise launch -n 2 --threads-per-rank 1 -- train --resume $work/run"
  tail -n 1 "$work/err" | grep -qE "^$line\$" || fail "the last line is: $(tail -n 1 "$work/err")"
  grep -vE '^(step |[0-9,]+ parameters|tritwise launch: rank)' "$work/err" && fail "something buries the line"
done

# What is left resumes with one process, which says that its numbers will differ.
"$TRITWISE" train --resume "$work/run" --set train.steps=4000 --threads 1 > "$work/out" 2> "$work/resumed" &
pid=$!
until grep -q '^step ' "$work/resumed" 2> /dev/null; do
  kill -0 $pid 2> /dev/null || fail "resuming failed: $(cat "$work/resumed")"
  sleep 0.05
done
kill -INT $pid
wait $pid || [ $? -eq 130 ] || fail "resuming failed: $(cat "$work/resumed")"
grep -q '2 ranks, 1 thread each so far and goes on with 1 thread' "$work/resumed" || fail "nothing is said of ranks"
