#!/usr/bin/env bash
# What a network costs against fp16: a trained one with its perplexity, and one of a real size, planned and measured.
. "$(dirname "$0")/common.sh"
small_recipe 200 100
"$TRITWISE" train "$work/recipe.toml" --out "$work/run" > /dev/null
"$TRITWISE" bench "$work/run" --report "$work/small.html" --quick --variants t2,t5/int6,t5/t5/int8 > /dev/null
check() { jq -e "$2" "$1" > /dev/null || fail "$2: $(cat "$1")"; }
json=$work/small.json
check "$json" '.version == 1 and .text == "validation.txt" and (.variants | length) == 4'
check "$json" '[.variants[].measured.tokens] | unique | length == 1 and .[0] > 1000'
# The same ternary values in every linear: what a head costs is small, but for a ternary one.
check "$json" '(.variants[1].measured.loss - .variants[0].measured.loss | fabs) < 0.01'
check "$json" '(.variants[2].measured.loss - .variants[0].measured.loss | fabs) < 0.02'
check "$json" '.variants[3].measured.loss > .variants[0].measured.loss'
check "$json" '.variants[3].measured.file_bytes < .variants[0].measured.file_bytes / 4'
loss=$("$TRITWISE" eval "$work/run/model.trit" --perplexity "$work/run/validation.txt" --json | jq .loss)
check "$json" "(.variants[1].measured.loss - $loss | fabs) < 1e-6"
"$TRITWISE" bench --compare "$json" "$json" | grep -q 'decode tokens/s' || fail "nothing compared"

"$TRITWISE" random --shape 125m -o "$work/125m.trit" > /dev/null
"$TRITWISE" bench "$work/125m.trit" --report "$work/125m.html" --only memory --context 128,512 \
  --variants int8,t2/int8,t5/int4/int8,t5/t5/int8 > /dev/null
check "$work/125m.json" '[.variants[].measured.contexts[].difference | fabs] | length == 10 and max < 0.02'
check "$work/125m.json" '.variants[0].measured.contexts[0].peak_bytes > 4 * .variants[4].measured.contexts[0].peak_bytes'
