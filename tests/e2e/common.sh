# What the end-to-end scripts share: a folder that goes away, failing with a reason, a small run.
set -euo pipefail
: "${TRITWISE:?set TRITWISE to the command to test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect_error CODE PATTERN COMMAND...: exit code, exactly one line on standard error, which matches.
expect_error() {
  local code=$1 pattern=$2 got=0
  shift 2
  "$@" > "$work/stdout" 2> "$work/stderr" || got=$?
  [ "$got" -eq "$code" ] || fail "$*: exit code $got instead of $code: $(cat "$work/stderr")"
  [ "$(wc -l < "$work/stderr")" -eq 1 ] || fail "$*: not one line: $(cat "$work/stderr")"
  grep -qE "$pattern" "$work/stderr" || fail "$*: '$(cat "$work/stderr")' does not match '$pattern'"
}

# The first N verses of the Bible.
verses() {
  bible -f "gen1:1-rev22:21" | sed -nE "1,$1{s/^[^ ]+ //;p}"
}

# A recipe of a run that takes seconds, on $work/text.txt.
small_recipe() {
  verses 3000 > "$work/text.txt"
  cat > "$work/recipe.toml" <<RECIPE
[data]
path = "$work/text.txt"
vocabulary = 400
context = 64
[network]
width = 64
layers = 2
heads = 2
feed_forward = 96
[train]
steps = ${1:-200}
batch = 8
warmup_steps = 10
validate_every = 50
checkpoint_every = ${2:-20}
[quantise]
transition = 0.4
RECIPE
}

# byte_level_tokenizer FILE: a tokenizer.json with the 256 bytes, two merges, an end.
byte_level_tokenizer() {
  jq -n '
    def letters: reduce range(256) as $b ({next: 256, all: []};
      if ($b > 32 and $b < 127) or ($b > 160 and $b != 173) then .all += [[$b] | implode]
      else .all += [[.next] | implode] | .next += 1 end) | .all;
    {type: "ByteLevel", add_prefix_space: false, use_regex: true} as $bytes |
    {added_tokens: [{id: 258, content: "<|endoftext|>", special: true}], normalizer: null, pre_tokenizer: $bytes,
     decoder: $bytes, model: {type: "BPE", merges: ["t h", "th e"],
     vocab: ([letters | to_entries[] | {key: .value, value: .key}] + [{key: "th", value: 256}, {key: "the", value: 257}]
             | from_entries)}}' > "$1"
}
