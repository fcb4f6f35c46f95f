#!/usr/bin/env bash
# GGUF files under the real llama.cpp, the prebuilt one of the npm package node-llama-cpp: texts are cut alike, losses are
# those of our runtime, and the comparison of runtimes writes its table. Exit code 77 where the package is not to be had.
# Usage: gguf.sh LIBTRITWISE.so
. "$(dirname "$0")/common.sh"
export TRITWISE_LIBRARY=$1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tools/bench/peers:runtime/python
package=$PWD/build/node-llama-cpp
if ! tools/bench/peers/install_node_llama.sh "$package" 2> "$work/install"; then
  echo "not run: no node-llama-cpp: $(tail -n 1 "$work/install")"
  exit 77
fi
check() { /usr/bin/python3 -W error tests/e2e/gguf_check.py "$package" "$@" || fail "gguf_check.py $*"; }
small() { "$TRITWISE" train "$work/recipe.toml" --set train.validate_every=200 "$@" > /dev/null 2>&1 || fail "train $*"; }

# The network with norms within its linears (bitnet), wide enough for blocks of 256, and its comparison.
small_recipe 60 60
small --set network.width=256 --set network.feed_forward=512 --set network.heads=4 --set network.kv_heads=2 \
  --set network.norm=rms --set quantise.norm=rms --set data.context=96 --out "$work/run"
/usr/bin/python3 tools/bench/peers/compare_runtimes.py "$work/run" --tritwise "$TRITWISE" --node-package "$package" \
  --peer node -p 16 -n 8 --rounds 1 --threads 1 --greedy 16 --score "$work/run/validation.txt" \
  --json "$work/table.json" > "$work/table.md" || fail "compare_runtimes.py: $(cat "$work/table.md")"
[ "$(grep -c '^| ternary | llama.cpp' "$work/table.md")" -eq 5 ] || fail "not five types: $(cat "$work/table.md")"
table() { jq -e "$1" > /dev/null < "$work/table.json" || fail "$1: $(cat "$work/table.json")"; }
rows() { echo "[.rows[] | select(.network == \"$1\")]"; }
table '[.rows[] | .decode_tokens_per_s, .prefill_tokens_per_s, .peak_kib, .file_bytes] | all(. > 0)'
# The same numbers in both: rounding of activations is all that differs, and there is none in the 16-bit network.
table "$(rows ternary) | map(.loss) | max - min < 0.01"
table "$(rows 16-bit) | map(.loss) | max - min < 0.001"
table "$(rows 16-bit) | map(.loss) | length == 2"
table '[.rows[] | select(.agreement) | .agreement.agreed] | all(. >= 4)'

check "$work/run/model.trit" tq1_0 "$work/run/validation.txt" 0.01

# A byte-level vocabulary, and the networks without norms within linears (llama, olmo).
byte_level_tokenizer "$work/tokenizer.json"
narrow=(--set data.tokenizer="$work/tokenizer.json" --set quantise.norm=none --set network.tied_head=false)
small "${narrow[@]}" --set network.norm=rms --set network.norm_gain=true --out "$work/rms"
check "$work/rms/model.trit" q8_0 "$work/run/validation.txt" 0.01
small "${narrow[@]}" --set network.norm=layer --out "$work/layer"
check "$work/layer/model.trit" f16 "$work/run/validation.txt" 0.01

# A checkpoint goes out without a .trit file in between, and leaves none.
"$TRITWISE" export "$work/run" --gguf "$work/direct.gguf" --head int4 > /dev/null
[ -z "$(find "$work" -name '*.part*')" ] || fail "a temporary file stays"

# Real vocabularies.
for tokenizer in ${TRITWISE_DATA:+"$TRITWISE_DATA"/tokenizers/*.json}; do
  small "${narrow[@]}" --set data.tokenizer="$tokenizer" --set network.norm=rms --set network.width=32 \
    --set network.heads=2 --set train.steps=2 --out "$work/large"
  check "$work/large/model.trit" f16 "$work/run/validation.txt" 0.01
  rm -r "$work/large"
done
