#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
verses 2000 > "$work/my.txt"
"$TRITWISE" train --data "$work/my.txt" --out "$work/run" --set train.steps=80
for file in recipe.toml metrics.jsonl checkpoint.safetensors model.trit validation.txt report.html; do
  [ -s "$work/run/$file" ] || fail "the run left no $file"
done
trainer=$(jq -s 'map(select(.type == "validation")) | last | .loss' "$work/run/metrics.jsonl")
runtime=$("$TRITWISE" eval "$work/run/model.trit" --perplexity "$work/run/validation.txt" --json | jq .loss)
jq -n --argjson a "$trainer" --argjson b "$runtime" -e '($a - $b | fabs) <= 1e-4 * $a' > /dev/null ||
  fail "validation loss: trainer $trainer, runtime $runtime"
[ "$("$TRITWISE" run "$work/run/model.trit" -p "And God" -n 20 --json | jq .tokens)" -eq 20 ] || fail "no 20 tokens"

# The same text as a folder and as JSONL.
mkdir "$work/folder"
head -n 1000 "$work/my.txt" > "$work/folder/a.txt"
tail -n 1000 "$work/my.txt" | jq -R -c '{text: .}' > "$work/folder/b.jsonl"
"$TRITWISE" train --data "$work/folder" --out "$work/run2" --set train.steps=5
[ -s "$work/run2/model.trit" ] || fail "a folder of texts gave no model"
