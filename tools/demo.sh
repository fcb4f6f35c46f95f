#!/usr/bin/env bash
# The main job once, on real text: train, export, run, score on both sides, compare with fp16.
# Leaves everything in a folder, which holds no run yet unless it is the demo's own.
# Usage: tools/demo.sh [FOLDER [ARGUMENTS OF train]]   (by `make demo`, which builds first)
set -euo pipefail
cd "$(dirname "$0")/.."
begin=$(date +%s)
tritwise=build/release/bin/tritwise
out=${1:-build/demo}
text=build/data/king-james.txt

[ -f "$text" ] || tools/king_james.sh "$text"
[ $# -gt 0 ] || rm -rf "$out"
echo "training on $text (recipes/king-james.toml)"
"$tritwise" train recipes/king-james.toml --out "$out" "${@:2}"
"$tritwise" export "$out" --layout f16 -o "$out/model-f16.trit"
"$tritwise" report "$out"

"$tritwise" run "$out/model.trit" -p "And God said unto Moses," -n 100 --temperature 0.7 --seed 1 --json > "$out/run.json"
"$tritwise" run "$out/model-f16.trit" -p "And God said unto Moses," -n 100 --temperature 0.7 --seed 1 --json > "$out/run-f16.json"
"$tritwise" eval "$out/model.trit" --perplexity "$out/validation.txt" --json > "$out/eval.json"
"$tritwise" bench "$out/model.trit" --only model --batch 1 --threads 0 --json > "$out/bench.json"
"$tritwise" bench "$out/model-f16.trit" --only model --batch 1 --threads 0 --json > "$out/bench-f16.json"

jq -n --slurpfile run "$out/run.json" --slurpfile run16 "$out/run-f16.json" --slurpfile eval "$out/eval.json" \
  --slurpfile bench "$out/bench.json" --slurpfile bench16 "$out/bench-f16.json" \
  --slurpfile metrics "$out/metrics.jsonl" --argjson total "$(($(date +%s) - begin))" '
  def memory($m): $m | {weights: (.ternary_bytes + .plain_bytes + .scales_bytes + .other_bytes),
                        embedding_head: .embedding_head_bytes, cache: .cache_bytes, arena: .arena_bytes};
  {validation_loss_trainer: ([$metrics[] | select(.type == "validation")] | last | .loss),
   validation_loss_runtime: $eval[0].loss,
   validation_tokens: $eval[0].tokens,
   train_seconds: ([$metrics[] | select(.type == "end")] | last | .train_seconds),
   total_seconds: $total,
   decode_tokens_per_s: $bench[0].decode.tokens_per_s,
   decode_tokens_per_s_fp16: $bench16[0].decode.tokens_per_s,
   generated: $run[0].text,
   bytes: {fp16_file: $bench16[0].memory.file_bytes, ternary_file: $bench[0].memory.file_bytes,
           peak_rss: $run[0].peak_rss_bytes, peak_rss_fp16: $run16[0].peak_rss_bytes,
           ternary: memory($bench[0].memory), fp16: memory($bench16[0].memory)}}' > "$out/summary.json"

jq -r --arg report "$out/report.html" '
  def kib: . / 1024 | round | tostring | . + " KiB";
  def times($a; $b): if $b == 0 then "" else ($a / $b * 100 | round / 100 | tostring) + " x" end;
  def pad($n): . + (" " * ([$n - length, 0] | max));
  def line($name; $a; $b): ($name | pad(20)) + ($a | kib | pad(14)) + ($b | kib | pad(14)) + times($a; $b);
  "",
  "And God said unto Moses," + .generated,
  "",
  "validation loss      trainer \(.validation_loss_trainer)  runtime \(.validation_loss_runtime)  (\(.validation_tokens) tokens)",
  "decode               \(.decode_tokens_per_s | round) tokens/s  (fp16: \(.decode_tokens_per_s_fp16 | round))",
  "",
  ("bytes" | pad(20)) + ("fp16" | pad(14)) + ("ternary" | pad(14)) + "smaller",
  line("file"; .bytes.fp16_file; .bytes.ternary_file),
  line("weights"; .bytes.fp16.weights; .bytes.ternary.weights),
  line("embedding and head"; .bytes.fp16.embedding_head; .bytes.ternary.embedding_head),
  line("cache"; .bytes.fp16.cache; .bytes.ternary.cache),
  line("arena"; .bytes.fp16.arena; .bytes.ternary.arena),
  line("process peak"; .bytes.peak_rss_fp16; .bytes.peak_rss),
  "",
  "trained in \(.train_seconds | round) s, \(.total_seconds) s in all; see \($report)"' "$out/summary.json"
