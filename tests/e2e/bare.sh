#!/usr/bin/env bash
# A trained network, and one with all operations, on emulated machines without an operating system: this machine's
# integers, classes and scores, within the limits of code and stack. Usage: bare.sh BARE_CHECK BARE_MODEL
. "$(dirname "$0")/common.sh"
check=$1
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
output=$work/output
stack_limit=4096
export TRITWISE_BARE_MEMORY_LIMIT=8192

# run_port PORT MODEL SAMPLES: runs it and holds it to this machine.
run_port() {
  TRITWISE_BARE_DIR=$work/$1 tools/bare.sh "$1" "$2" $images "$3" > "$output" || fail "$1: $(cat "$output")"
  grep -v '^sample ' "$output"
  [ "$(grep -c '^sample ' "$output")" -eq "$3" ] || fail "$1: not all samples ran"
  "$check" "$2" $images < "$output" || fail "$1 differs from this machine"
  stack=$(sed -n 's/^stack \([0-9]*\) bytes$/\1/p' "$output")
  [ "$stack" -gt 0 ] && [ "$stack" -lt $stack_limit ] || fail "$1: $stack bytes of stack"
}

"$TRITWISE" train recipes/fashion-mlp.toml --out "$work/run" > "$work/log" 2>&1 || fail "$(tail -n 5 "$work/log")"
model=$work/run/model.trit
"$2" "$work/all.trit"
for port in bare-cortex-m33 bare-rv32imc; do
  run_port $port "$work/all.trit" 16
  run_port $port "$model" 32
done

# The comparison notices another class, another integer, another score, and a missing line.
expect_difference() {
  sed "$1" "$output" | "$check" "$model" $images > /dev/null && fail "passes: $1"
  return 0
}
expect_difference 's/^sample 3 class ./sample 3 class 10/'
expect_difference 's/^\(sample 3 class . sums\) ......../\1 00000000/'
expect_difference 's/^\(sample 3 .* scores\) ......../\1 3f800000/'
expect_difference '/^sample 3 /d'

TRITWISE_BARE_DIR=$work/limited TRITWISE_BARE_CODE_LIMIT=1000 \
  expect_error 1 'bytes of code, more than 1000$' tools/bare.sh bare-cortex-m33 "$model" $images 1
TRITWISE_BARE_DIR=$work/limited TRITWISE_BARE_MEMORY_LIMIT=1000 \
  expect_error 1 'bytes of memory, more than 1000$' tools/bare.sh bare-cortex-m33 "$model" $images 1
expect_error 2 '^bare: there is no port targets/bare-none$' tools/bare.sh bare-none "$model" $images
expect_error 2 '^usage: ' tools/bare.sh bare-cortex-m33 "$model"
