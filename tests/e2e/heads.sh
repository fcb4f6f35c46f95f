#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
small_recipe 200 100
"$TRITWISE" train "$work/recipe.toml" --set export.head=int4 --set network.width=128 --out "$work/run"
trainer=$(jq -s 'map(select(.type == "validation")) | last | .loss' "$work/run/metrics.jsonl")

size=0
for head in t5 t2 int4 int6 int8 f16 f32; do
  model=$work/$head.trit
  "$TRITWISE" export "$work/run" -o "$model" --head "$head" > /dev/null
  [ "$(stat -c %s "$model")" -gt "$size" ] || fail "$head is not larger than the head before it"
  size=$(stat -c %s "$model")
  [ "$("$TRITWISE" inspect "$model" --json | jq -r '.tensors[0].storage')" = "$head" ] || fail "no $head embedding"
  "$TRITWISE" run "$model" -p "And God" -n 5 > /dev/null
  "$TRITWISE" bench "$model" --only model --quick --json > /dev/null
  loss=$("$TRITWISE" eval "$model" --perplexity "$work/run/validation.txt" --json | jq .loss)
  echo "$head: $size bytes, loss $loss"
done
cmp "$work/int4.trit" "$work/run/model.trit" || fail "the run's own export has another head"
loss=$("$TRITWISE" eval "$work/int4.trit" --perplexity "$work/run/validation.txt" --json | jq .loss)
jq -n --argjson a "$trainer" --argjson b "$loss" -e '($a - $b | fabs) <= 1e-4 * $a' > /dev/null ||
  fail "validation loss: trainer $trainer, runtime $loss"

# Ternary linears: the same bits in every layout, by every kernel.
for layout in t2 t5 lut; do
  "$TRITWISE" export "$work/run" -o "$work/$layout-linears.trit" --layout "$layout" > /dev/null
  for kernel in dot mask; do
    export TRITWISE_FORCE_KERNEL=$kernel
    same=$("$TRITWISE" eval "$work/$layout-linears.trit" --perplexity "$work/run/validation.txt" --json | jq .loss)
    [ "$same" = "$loss" ] || fail "loss in $layout by $kernel: $same, not $loss"
  done
done
