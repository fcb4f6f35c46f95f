#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
data=/usr/share/datasets/fashion-mnist
"$TRITWISE" train recipes/fashion-mlp.toml --out "$work/run"
trainer=$(jq -s 'map(select(.type == "validation")) | last | .accuracy' "$work/run/metrics.jsonl")
seconds=$(jq -s 'map(select(.type == "end")) | last | .train_seconds' "$work/run/metrics.jsonl")
images=$data/t10k-images-idx3-ubyte.gz
labels=$data/t10k-labels-idx1-ubyte.gz
runtime=$("$TRITWISE" eval "$work/run/model.trit" --images $images --labels $labels --json)
echo "$runtime (trainer: $trainer, trained in $seconds s)"
jq -n --argjson r "$runtime" -e '$r.accuracy >= 0.87 and $r.items == 10000' > /dev/null || fail "accuracy: $runtime"
jq -n --argjson r "$runtime" --argjson t "$trainer" -e '($r.accuracy - $t | fabs) < 0.0005' > /dev/null ||
  fail "accuracy: trainer $trainer, runtime $runtime"
gunzip -c $images > "$work/images"
gunzip -c $labels > "$work/labels"
plain=$("$TRITWISE" eval "$work/run/model.trit" --images "$work/images" --labels "$work/labels" --json)
[ "$plain" = "$runtime" ] || fail "plain files score differently: $plain"
