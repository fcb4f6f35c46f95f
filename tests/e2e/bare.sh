#!/usr/bin/env bash
# A trained network on emulated machines without an operating system: the host's integers, classes and scores, within
# the limits of code and memory. Usage: bare.sh BARE_CHECK
. "$(dirname "$0")/common.sh"
check=$1
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
"$TRITWISE" train recipes/fashion-mlp.toml --set train.steps=600 --out "$work/run" > "$work/train.log" ||
  fail "$(tail -n 5 "$work/train.log")"
model=$work/run/model.trit

# run_port PORT SAMPLES MODEL: runs it and holds it to the host.
run_port() {
  TRITWISE_BARE_DIR=$work/$1 tools/bare.sh "$1" "$3" $images "$2" > "$work/output" || fail "$1: $(cat "$work/output")"
  grep -vE '^sample ' "$work/output"
  [ "$(grep -c '^sample ' "$work/output")" -eq "$2" ] || fail "$1: not all samples ran"
  "$check" "$3" $images < "$work/output" || fail "$1 differs from this machine"
  stack=$(sed -n 's/^stack \([0-9]*\) bytes$/\1/p' "$work/output")
  [ "$stack" -lt 4096 ] || fail "$1: $stack bytes of stack"
}

for port in bare-cortex-m33 bare-rv32imc; do
  run_port $port 32 "$model"
done

"$TRITWISE" export "$work/run" --layout t5 -o "$work/t5.trit" > /dev/null
run_port bare-cortex-m33 8 "$work/t5.trit"

# The checks fail where they should.
sed 's/ class \([0-9]\)/ class 1\1/' "$work/output" | "$check" "$model" $images > /dev/null && fail "other classes pass"
sed 's/ sums ./ sums x/; s/ sums x/ sums 0/' "$work/output" | sed '1,$s/ sums 0./ sums 7e/' |
  "$check" "$model" $images > /dev/null && fail "other sums pass"
TRITWISE_BARE_DIR=$work/limited TRITWISE_BARE_CODE_LIMIT=100 \
  expect_error 1 'bytes of code, more than 100' tools/bare.sh bare-cortex-m33 "$model" $images 1
expect_error 2 'no port targets/bare-none' tools/bare.sh bare-none "$model" $images
