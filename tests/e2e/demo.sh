#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
tools/demo.sh
summary=build/demo/summary.json
check() { jq -e "$1" $summary > /dev/null || fail "$2: $(cat $summary)"; }
check '(.validation_loss_trainer - .validation_loss_runtime | fabs) <= 1e-4 * .validation_loss_trainer' "losses differ"
check '.validation_tokens >= 20000' "too few tokens scored"
check '.validation_loss_runtime < 4.2' "it has not learnt much"
check '.bytes.fp16_file >= 4 * .bytes.ternary_file' "not four times smaller"
check '.generated | length > 100' "nothing generated"
for file in recipe.toml metrics.jsonl checkpoint.safetensors model.trit report.html; do
  [ -s build/demo/$file ] || fail "no $file"
done
grep -qi "transition" build/demo/report.html || fail "the report does not show the transition"
