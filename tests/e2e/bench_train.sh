#!/usr/bin/env bash
# tritwise bench --train: both phases, and shares of a step that account for its time.
. "$(dirname "$0")/common.sh"
small_recipe
json=$("$TRITWISE" bench --train "$work/recipe.toml" --threads 1 --set train.batch=4 --json)
check() { jq -e "$1" > /dev/null <<< "$json" || fail "$1: $json"; }
check '[.phases[].phase] == ["16-bit", "1.58-bit"]'
check '.rows_a_step == 256 and .machine.threads == 1 and .machine.peak_flops > 0'
check 'all(.phases[]; .rows_per_s > 0 and .fastest >= .rows_per_s and .rows_per_s >= .slowest and .peak_rss_bytes > 0)'
check 'all(.phases[]; .share_of_peak > 0 and .share_of_peak < 1)'
check '[.phases[0].operations[].name] | contains(["attention", "attention.qkv", "feed_forward.down", "head", "clipping, update"])'
check 'all(.phases[]; [.operations[].share_of_step] | add | . > 0.9 and . < 1.01)'
"$TRITWISE" bench --train "$work/recipe.toml" --set train.batch=2 > "$work/table"
for word in 'attention.qkv' '% of peak' '16-bit' '1.58-bit' 'waiting for workers'; do
  grep -qF "$word" "$work/table" || fail "the table lacks $word"
done
expect_error 2 'give a model, or --train' "$TRITWISE" bench
expect_error 2 'xclude' "$TRITWISE" bench model.trit --train "$work/recipe.toml"
expect_error 1 'cannot read the recipe' "$TRITWISE" bench --train "$work/none.toml"
