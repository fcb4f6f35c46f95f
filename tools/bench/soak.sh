#!/usr/bin/env bash
# A server under load for a long time: many clients, some of which read slowly, cancel, are killed in the midst of a text, or
# stop and go on. Ends well if every request had an end, equal requests got equal texts, others were always answered, the
# server's memory stayed flat, and it ended when it was told to.
# Usage: tools/bench/soak.sh MODEL.trit [SECONDS [SEQUENCES [FOLDER]]]
#   at least SECONDS (300), and until CANCELS (10000) requests were cancelled; results and the server's log go to FOLDER
#   (build/soak). Environment: TRITWISE, the command; THREADS of the server (1); CONTEXT (512).
set -euo pipefail
model=${1:?give a model}
seconds=${2:-300}
sequences=${3:-8}
out=${4:-build/soak}
tritwise=${TRITWISE:-build/release/bin/tritwise}
cancels=${CANCELS:-10000}
mkdir -p "$out"
rm -f "$out"/*.json
touch "$out/stopped.json"

server=; main=; loops=()
stop_loops() {
  local loop
  for loop in "${loops[@]}"; do { kill -9 -- "-$loop" && wait "$loop"; } 2> /dev/null || true; done
  loops=()
}
trap 'stop_loops; kill -9 $main $server 2> /dev/null || true' EXIT
"$tritwise" serve "$model" --bind "ipc://$out/socket" --sequences "$sequences" --context "${CONTEXT:-512}" --queue 256 \
  --threads "${THREADS:-1}" 2> "$out/server.log" &
server=$!
bench=("$tritwise" bench --connect "ipc://$out/socket" --json)
until grep -q '"ready"' "$out/server.log"; do sleep 0.1; done

# 160 clients that are counted, over the whole time.
load=(--clients 160 --max-tokens 48 --prompts 64 --cancel 0.95 --slow 0.1)
# 20 that are killed again and again, without a word to the server.
killed() {
  for ((i = 1; ; ++i)); do
    "${bench[@]}" --clients 20 --seconds 3600 --max-tokens 100 --cancel 0.3 --seed "$i" > /dev/null 2>&1 &
    sleep $((3 + i % 4))
    kill -9 $!
    wait $! 2> /dev/null || true
    echo "$i" > "$out/killed"
  done
}
# 20 that stand still for longer than the server waits for a sign of life, and then go on.
stopped() {
  while true; do
    "${bench[@]}" --clients 20 --seconds 10 --max-tokens 100 > "$out/stopped.last" 2> /dev/null &
    sleep 3
    kill -STOP $!
    sleep 15
    kill -CONT $!
    wait $! || true
    jq -c . "$out/stopped.last" >> "$out/stopped.json"
  done
}
# Whether a client that does nothing special is answered.
probes() {
  while true; do
    sleep 5
    "${bench[@]}" --clients 1 --requests 1 --max-tokens 4 --timeout 60 >> "$out/probes.json" 2> /dev/null || true
  done
}

begin=$SECONDS
done_cancels=0
rounds=0
# Each in a process group of its own, so that none of their children stays.
set -m
for what in killed stopped probes; do "$what" & loops+=("$!"); done
while ((SECONDS - begin < seconds || done_cancels < cancels)); do
  ((++rounds <= 20)) || { echo "only $done_cancels cancels in $((SECONDS - begin)) s"; break; }
  left=$((seconds - (SECONDS - begin)))
  ((left >= 30)) || left=30
  "${bench[@]}" "${load[@]}" --seconds "$left" --seed "$rounds" --report "$out/load-$rounds.html" > "$out/load-$rounds.json" &
  main=$!
  wait "$main"
  main=
  done_cancels=$(jq -s 'map(.cancelled) | add' "$out"/load-*.json)
done
stop_loops

# What the killed ones left goes on for the minute in which they could come back, then nothing is left.
for _ in $(seq 90); do
  "${bench[@]}" --clients 1 --requests 1 --max-tokens 1 > "$out/last.json"
  [ "$(jq '.over_time | .running[0] + .waiting[0]' "$out/last.json")" != 0 ] || break
  sleep 1
done
running=$(jq '.over_time | .running[0] + .waiting[0]' "$out/last.json")
code=0
kill "$server" && wait "$server" || code=$?
server=
jq -s '{seconds: (map(.seconds) | add), requests: (map(.requests) | add), ok: (map(.ok) | add),
        cancelled: (map(.cancelled) | add), errors: (map(.errors) | add), mismatches: (map(.mismatches) | add),
        compared: (map(.compared) | add), tokens: (map(.tokens) | add), busy: (map(.busy) | add),
        lost: (map(.requests - .ok - .cancelled - .errors - .unfinished) | add),
        memory: map(.server.resident_bytes), first_token_ms: map(.first_token_ms), stats_reply_ms: map(.server.stats_reply_ms)}' \
  "$out"/load-*.json > "$out/sum.json"
jq -s '{probes: length, answered: (map(.ok) | add), slowest_ms: (map(.request_ms.max) | max)}' "$out/probes.json" > "$out/probes.sum"
jq -s '{runs: length, errors: (map(.errors) | add // 0), mismatches: (map(.mismatches) | add // 0)}' \
  "$out/stopped.json" > "$out/stopped.sum"
cat "$out/sum.json" "$out/probes.sum" "$out/stopped.sum"
echo "clients killed: $(($(cat "$out/killed") * 20)), left at the end: $running, exit code of the server: $code"

bad=0
check() { jq -e "$2" "$3" > /dev/null || { echo "FAILED: $1" >&2; bad=1; }; }
check "requests without an end" '.lost == 0' "$out/sum.json"
check "errors" '.errors == 0' "$out/sum.json"
check "texts that differ" '.mismatches == 0 and .compared > 0' "$out/sum.json"
check "fewer cancels than wanted" ".cancelled >= $cancels" "$out/sum.json"
# The first quarter fills caches; from then on: 2 % and 4 MiB.
check "memory that grows" '.memory[0].quarters | .[3] <= 1.02 * .[1] + 4194304' "$out/sum.json"
check "requests of stopped clients" '.errors == 0 and .mismatches == 0' "$out/stopped.sum"
check "others that were not answered" '.probes > 0 and .answered == .probes' "$out/probes.sum"
[ "$running" = 0 ] || { echo "FAILED: $running requests are left" >&2; bad=1; }
[ "$code" = 0 ] || { echo "FAILED: the server's exit code is $code" >&2; bad=1; }
exit $bad
