#!/usr/bin/env bash
# STEPS LOSS: of the demo's training, and the validation loss that it has to get below.
. "$(dirname "$0")/common.sh"
out=$work/demo
tools/demo.sh "$out" --set train.steps="$1"
check() { jq -e "$1" "$out/summary.json" > /dev/null || fail "$2: $(cat "$out/summary.json")"; }
check '(.validation_loss_trainer - .validation_loss_runtime | fabs) <= 1e-4 * .validation_loss_trainer' "losses differ"
check '.validation_tokens >= 20000' "too few tokens scored"
check ".validation_loss_runtime < $2" "it has not learnt much"
check '.bytes.fp16_file >= 4 * .bytes.ternary_file' "not four times smaller"
check '.generated | length > 100' "nothing generated"
for file in recipe.toml metrics.jsonl checkpoint.safetensors model.trit report.html; do
  [ -s "$out/$file" ] || fail "no $file"
done
grep -qi "transition" "$out/report.html" || fail "the report does not show the transition"
