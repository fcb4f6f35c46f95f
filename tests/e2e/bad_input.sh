#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
small_recipe 20 5
recipe=$work/recipe.toml
with() { { cat "$recipe"; printf '%s\n' "$@"; } > "$work/changed.toml"; }
train=("$TRITWISE" train)

expect_error 2 "recipe, --data .*or --resume" "${train[@]}"
expect_error 2 "frobnicate" "$TRITWISE" frobnicate
expect_error 1 "cannot read the recipe" "${train[@]}" "$work/none.toml"
with '[export]' 'leyout = "t2"'
expect_error 1 "changed.toml:19.*export.leyout" "${train[@]}" "$work/changed.toml"
expect_error 1 "train.steps must be an integer" "${train[@]}" "$recipe" --set train.steps=ten
expect_error 1 "step 21, but the run has 20" "${train[@]}" "$recipe" --set quantise.transition=21
with 'x = ['
expect_error 1 "not valid TOML" "${train[@]}" "$work/changed.toml"
: > "$work/empty.txt"
expect_error 1 "empty.txt" "${train[@]}" --data "$work/empty.txt" --out "$work/e"
printf 'ab\377cd' > "$work/latin.txt"
expect_error 1 "latin.txt.*UTF-8" "${train[@]}" --data "$work/latin.txt" --out "$work/e"
printf '{"text": "a"}\n{"title": "b"}\n' > "$work/bad.jsonl"
expect_error 1 "bad.jsonl.*2.*text" "${train[@]}" --data "$work/bad.jsonl" --out "$work/e"
expect_error 1 "none.txt" "${train[@]}" --data "$work/none.txt" --out "$work/e"
expect_error 1 "vocabulary" "${train[@]}" "$recipe" --set data.vocabulary=200000 --out "$work/e"
expect_error 1 "network.heads" "${train[@]}" "$recipe" --set network.heads=7 --out "$work/e"

"${train[@]}" "$recipe" --out "$work/run" > /dev/null 2>&1
expect_error 1 "holds a run already" "${train[@]}" "$recipe" --out "$work/run"
expect_error 1 "does not match: train.steps" "${train[@]}" "$recipe" --set train.steps=30 --resume "$work/run"
expect_error 1 "cannot" "${train[@]}" --resume "$work/none"
expect_error 1 "none" "$TRITWISE" export "$work/none" -o "$work/x.trit"
expect_error 2 "layout" "$TRITWISE" export "$work/run" -o "$work/x.trit" --layout t9
expect_error 2 "head.*int6" "$TRITWISE" export "$work/run" -o "$work/x.trit" --head int5
expect_error 1 "export.head.*int6" "${train[@]}" "$recipe" --set export.head=int5 --out "$work/e"
expect_error 1 "cannot write" "$TRITWISE" export "$work/run" -o "$work/no/such/folder/x.trit"
head -c 5000 "$work/run/checkpoint.safetensors" > "$work/cut.safetensors"
expect_error 1 "cut.safetensors" "$TRITWISE" export "$work/cut.safetensors" -o "$work/x.trit"
expect_error 1 "cannot make this folder" "${train[@]}" "$recipe" --out "$work/text.txt/run"

# A disk that is full: the files that are there survive.
"$TRITWISE" export "$work/run" -o "$work/old.trit" > /dev/null
sum=$(md5sum < "$work/old.trit")
export -f fail
expect_error 1 "cannot write.*unchanged" bash -c "trap '' XFSZ; ulimit -f 8; exec \"$TRITWISE\" export '$work/run' -o '$work/old.trit'"
[ "$(md5sum < "$work/old.trit")" = "$sum" ] || fail "the old model did not survive a full disk"
[ -z "$(find "$work" -name '*.part*')" ] || fail "a part of a file was left behind"
