#!/usr/bin/env bash
. "$(dirname "$0")/common.sh"
small_recipe 30 10

# The losses of two ranks are those of one process, and the same bits whenever they run.
two=("$TRITWISE" launch -n 2 --threads-per-rank 1 --)
"$TRITWISE" train "$work/recipe.toml" --threads 1 --out "$work/one" > "$work/out" 2> "$work/err"
"${two[@]}" train "$work/recipe.toml" --out "$work/two" > "$work/out" 2> "$work/err" || fail "two ranks: $(cat "$work/err")"
grep -q 'launch-note' "$work/out" "$work/err" && fail "a note for the launcher was shown"
[ "$(wc -l < "$work/out")" -eq 1 ] || fail "not one line: $(cat "$work/out")"
"${two[@]}" train "$work/recipe.toml" --out "$work/again" > /dev/null 2>&1
cmp "$work/two/checkpoint.safetensors" "$work/again/checkpoint.safetensors" || fail "two ranks twice differ"
losses() { jq -s '[.[] | select(.type == "step") | .loss]' "$work/$1/metrics.jsonl"; }
losses one > "$work/one.json"
losses two > "$work/two.json"
near() { # near STEP MOST
  jq -en --slurpfile a "$work/one.json" --slurpfile b "$work/two.json" --argjson s "$1" --argjson most "$2" \
    '($a[0][$s] - $b[0][$s]) / $a[0][$s] | fabs <= $most' > /dev/null || fail "losses of step $1 differ by more than $2"
}
[ "$(jq length "$work/two.json")" -eq 30 ] || fail "metrics.jsonl does not hold every step once"
near 0 1e-6
near 29 1e-3

# A batch of one sequence leaves the second rank without a share.
"${two[@]}" train "$work/recipe.toml" --set train.batch=1 --set train.steps=10 --out "$work/share" > /dev/null 2> "$work/err" ||
  fail "a rank without a share: $(cat "$work/err")"

# What one process decides by the loss, all ranks decide: here noise is a spike, and the run goes back.
"${two[@]}" train "$work/recipe.toml" --set train.on_divergence=roll-back --set train.spike_factor=1.0003 \
  --set train.learning_rate=1e-5 --set train.checkpoint_every=1 --set train.steps=60 --out "$work/back" > /dev/null 2> "$work/err" ||
  fail "rolling back: $(tail -n 2 "$work/err")"
grep -q 'rolled back' "$work/err" || fail "nothing was rolled back"

# A study's runs are those of all ranks.
sed "s/^steps = .*/steps = 12/; /^\[quantise\]/,\$d" "$work/recipe.toml" > "$work/study.toml"
cat >> "$work/study.toml" <<STUDY
[[condition]]
name = "early"
quantise.transition = 4
[[condition]]
name = "late"
quantise.transition = 8
STUDY
"${two[@]}" study "$work/study.toml" --out "$work/study" > /dev/null 2> "$work/err" || fail "a study: $(cat "$work/err")"
[ "$(ls "$work"/study/runs/*/model.trit | wc -l)" -eq 2 ] || fail "the study lacks models"

# What is wrong is said once, as by one process.
expect_error 2 'launch: "run" does not run' "${two[@]}" run model.trit
expect_error 2 'train: .*--nonsense' "${two[@]}" train --nonsense
expect_error 1 'train: .*no-such' "${two[@]}" train "$work/no-such.toml"
expect_error 1 'train: .*holds a run already' "${two[@]}" train "$work/recipe.toml" --out "$work/two"
expect_error 1 'launch: .*no-hosts' "$TRITWISE" launch -n 2 --hostfile "$work/no-hosts" -- train "$work/recipe.toml"
echo 'localhost slots=1' > "$work/hosts"
expect_error 1 'launch: mpirun: .*slots' "$TRITWISE" launch -n 2 --hostfile "$work/hosts" -- train "$work/recipe.toml"
expect_error 1 'launch: there is no mpirun here' env PATH= "$TRITWISE" launch -n 2 -- train "$work/recipe.toml"
"${two[@]}" train a.toml --dry-run > /dev/null 2>&1 && fail "--dry-run belongs before --"
"$TRITWISE" launch -n 2 --dry-run -- train 'a b.toml' | grep -q "mpirun.* -n 2 .* train 'a b.toml'" || fail "--dry-run"
