#!/usr/bin/env bash
# tritwise bench on a network of a real size, and the comparison with other runtimes where there are none.
. "$(dirname "$0")/common.sh"
"$TRITWISE" random --shape 125m --layout t5 -o "$work/125m.trit" > /dev/null
json=$("$TRITWISE" bench "$work/125m.trit" --only machine,model --batch 1,4 --bandwidth-mib 256 --json)
check() { jq -e "$1" > /dev/null <<< "$json" || fail "$1: $json"; }
check '.decode.share_of_read > 0 and .prefill.share_of_dot > 0'
check '.prefill.share_of_dot_whole < .prefill.share_of_dot'
check '.prefill.tokens == 512 and .decode.rounds >= 7 and .prefill.rounds >= 7'
check '.prefill.operations[0].kind == "ternary_linear"'
check '.memory.peak_rss_bytes < 2 * .memory.file_bytes + .memory.cache_bytes'

peers=tools/bench/peers/compare_runtimes.py
nowhere=(env PATH=/usr/bin:/bin python3 -B "$peers" --tritwise "$TRITWISE" --node-package "$work")
expect_error 1 'none.trit: there is no such file' "${nowhere[@]}" "$work/none.trit"
"${nowhere[@]}" "$work/125m.trit" -p 32 -n 8 --rounds 1 --threads 1 > "$work/table" 2> "$work/stderr" || fail "no table"
grep -q '^compare_runtimes: llama.cpp is not there: .*our side alone follows$' "$work/stderr" || fail "$(cat "$work/stderr")"
[ "$(grep -c '^| ternary | tritwise | t5 |' "$work/table")" -eq 1 ] || fail "no row: $(cat "$work/table")"
