#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
small_recipe 20 20

byte_level_tokenizer "$work/tokenizer.json"
"$TRITWISE" train "$work/recipe.toml" --set data.tokenizer="$work/tokenizer.json" --out "$work/first" > /dev/null
"$TRITWISE" export "$work/first" --huggingface "$work/hf" > /dev/null
for file in config.json model.safetensors tokenizer.json; do
  [ -s "$work/hf/$file" ] || fail "the export left no $file"
done
[ "$(jq -r .model_type "$work/hf/config.json")" = olmo ] || fail "not an OLMo network"

# Somebody with nothing but the folder and a text.
"$TRITWISE" train --init "$work/hf" --data "$work/text.txt" --set train.steps=20 --out "$work/second" > /dev/null
first=$(jq -s 'map(select(.type == "step")) | first | .loss' "$work/first/metrics.jsonl")
second=$(jq -s 'map(select(.type == "step")) | first | .loss' "$work/second/metrics.jsonl")
jq -n --argjson a "$first" --argjson b "$second" -e '$b < $a - 0.5' > /dev/null ||
  fail "the second run begins at a loss of $second, the first at $first: no weights were taken over"
[ "$(jq -r 'select(.type == "run") | .init' "$work/second/metrics.jsonl")" = huggingface:hf ] || fail "no word of --init"
trainer=$(jq -s 'map(select(.type == "validation")) | last | .loss' "$work/second/metrics.jsonl")
runtime=$("$TRITWISE" eval "$work/second/model.trit" --perplexity "$work/second/validation.txt" --json | jq .loss)
jq -n --argjson a "$trainer" --argjson b "$runtime" -e '($a - $b | fabs) <= 1e-4 * $a' > /dev/null ||
  fail "validation loss: trainer $trainer, runtime $runtime"
"$TRITWISE" run "$work/second/model.trit" -p "In the caf\303\251 " -n 20 --json > /dev/null || fail "no text"

# A run is a start as well as a folder, and going on with one does not ask for what it began with.
"$TRITWISE" train --init "$work/hf" --data "$work/text.txt" --set train.steps=20 --out "$work/third" > /dev/null
mv "$work/hf" "$work/elsewhere"
"$TRITWISE" train --resume "$work/third" > /dev/null
"$TRITWISE" train --init "$work/third" --data "$work/text.txt" --set train.steps=5 --out "$work/fourth" > /dev/null
[ -s "$work/fourth/model.trit" ] || fail "a run begun with a run gave no model"

expect_error 1 "cannot open|neither a run" "$TRITWISE" train --init "$work/hf" --data "$work/text.txt" --out "$work/e"
expect_error 2 "init" "$TRITWISE" train --init "$work/elsewhere"
expect_error 2 "init" "$TRITWISE" train --init "$work/elsewhere" --resume "$work/third"
expect_error 1 "network.width: 64 there, 96 in the recipe" \
  "$TRITWISE" train "$work/recipe.toml" --set network.width=96 --init "$work/elsewhere" --out "$work/e"
jq '.rope_scaling = {rope_type: "yarn", factor: 4}' "$work/elsewhere/config.json" > "$work/config.json"
mv "$work/config.json" "$work/elsewhere/config.json"
expect_error 1 "rope_scaling.*yarn" "$TRITWISE" train --init "$work/elsewhere" --data "$work/text.txt" --out "$work/e"
expect_error 2 "huggingface|output" "$TRITWISE" export "$work/first"
expect_error 2 "dtype" "$TRITWISE" export "$work/first" --huggingface "$work/e" --dtype f8
