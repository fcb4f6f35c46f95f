#!/usr/bin/env bash
# The shipped small study, cut short, as a person runs it: stopped in the middle, started again, reported on.
. "$(dirname "$0")/common.sh"
verses 3000 > "$work/text.txt"
args=(study recipes/studies/paper-tiny.toml --set data.path="$work/text.txt" --set train.steps=40
      --set train.validate_every=10 --set train.warmup_steps=5 --set quantise.phase_steps=10 --out "$work/study")
"$TRITWISE" "${args[@]}" > "$work/out" 2> "$work/err" &
pid=$!
until [ "$(ls "$work"/study/runs/*/model.trit 2> /dev/null | wc -l)" -ge 5 ]; do sleep 0.1; done
kill -INT $pid
code=0
wait $pid || code=$?
[ "$code" -eq 130 ] || fail "exit code $code after Ctrl-C: $(tail -n 2 "$work/err")"
tail -n 1 "$work/err" | grep -q 'go on with the same command' || fail "it does not say how to go on"
"$TRITWISE" "${args[@]}" > "$work/out" 2> "$work/err"
grep -q 'run 1 of 22' "$work/err" && fail "the first run was trained again"
[ "$(ls "$work"/study/runs/*/model.trit | wc -l)" -eq 22 ] || fail "not 22 runs"
grep -q "$work/study/study.html" "$work/out" || fail "it does not say where the report is"
for name in '16-bit' '1.58-bit' 'kept, 20 %' 'reset, 40 %' 'phased, 60 %'; do
  grep -qF "$name" "$work/study/study.html" || fail "study.html lacks $name"
  grep -qF "$name" "$work/study/study.md" || fail "study.md lacks $name"
done
jq -e . "$work/study/summary.json" > /dev/null || fail "summary.json is not JSON"
ls "$work"/study/runs/*/checkpoint-*.safetensors 2> /dev/null && fail "kept checkpoints are left"
"$TRITWISE" report "$work/study" | grep -q study.html || fail "report does not know the study"
expect_error 1 'unknown key' "$TRITWISE" "${args[@]}" --set train.step=1
expect_error 1 'was trained by another recipe' "$TRITWISE" "${args[@]}" --set train.batch=4
