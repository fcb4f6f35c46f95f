#!/usr/bin/env bash
# A load test of a real server, as a person runs it: what becomes of the requests when some are cancelled, readers are
# slow, and the server or a client is killed in the midst of it. No request may be lost without a word.
. "$(dirname "$0")/common.sh"
"$TRITWISE" random --shape 1m -o "$work/small.trit" > "$work/log"

server=
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$work"' EXIT
start_server() {
  "$TRITWISE" serve "$work/small.trit" --bind "ipc://$work/socket" --sequences 4 --queue 16 --threads 1 \
    2>> "$work/server.log" &
  server=$!
}
load=("$TRITWISE" bench --connect "ipc://$work/socket" --json)
# expect WHAT JQ_CONDITION: of the last result.
expect() {
  jq -e "$2" "$work/result" > /dev/null ||
    fail "$1: $(jq -c 'del(.over_time, .curves)' "$work/result") $(tail -n 3 "$work/server.log")"
}
expect_sums() { expect "$1: a request has no end, or two" '.requests == .ok + .cancelled + .errors + .unfinished'; }

start_server
# Cancels, slow readers, a server that is full: all are answered, and equal requests get equal texts.
"${load[@]}" --clients 40 --requests 400 --max-tokens 96 --cancel 0.3 --slow 0.1 --report "$work/load.html" > "$work/result" 2> "$work/progress"
expect_sums "cancels and slow readers"
expect "all are answered" '.requests == 400 and .errors == 0 and .cancelled > 50 and .busy > 0'
expect "texts" '.mismatches == 0 and .compared > 300'
expect "figures" '.tokens_per_s > 0 and .first_token_ms.p50 <= .first_token_ms.p99 and .server.resident_bytes.end > 0'
grep -q 'canvas' "$work/load.html" || fail "no page"
! grep -qE '(src|href)="http' "$work/load.html" || fail "the page loads something"
# Requests arrive, whatever becomes of those before.
"${load[@]}" --clients 20 --requests 60 --rate 100 --max-tokens 8 > "$work/result" 2> "$work/progress"
expect "arrivals" '.ok == 60 and .arrivals_per_s < 150 and .rate_per_s == 100'

# The server is killed and comes back: requests are said again, and go on where they were.
"${load[@]}" --clients 20 --requests 3000 --max-tokens 60 --cancel 0.1 --give-up 60 > "$work/result" 2> "$work/progress" &
client=$!
sleep 0.7
kill -9 "$server"
wait "$server" 2> /dev/null || true
start_server
wait "$client" || fail "the load test ended: $(cat "$work/progress")"
expect_sums "a server that comes back"
expect "nothing is lost" '.errors == 0 and .mismatches == 0 and .requests == 3000'
expect "it was killed under way" '.repeated > 0 and .server.restarts == 1'

# A client is killed: others are answered.
"${load[@]}" --clients 20 --seconds 60 --max-tokens 400 > "$work/killed" 2> "$work/progress" &
client=$!
sleep 0.5
kill -9 "$client"
wait "$client" 2> /dev/null || true
"${load[@]}" --clients 4 --requests 20 --max-tokens 8 > "$work/result" 2> "$work/progress"
expect "others after a client was killed" '.ok == 20 and .errors == 0'

# Ctrl-C: what was measured, and what was not.
"${load[@]}" --clients 4 --seconds 60 --max-tokens 400 > "$work/result" 2> "$work/progress" &
client=$!
sleep 0.7
kill -INT "$client"
code=0
wait "$client" || code=$?
[ "$code" = 130 ] || fail "exit code $code after Ctrl-C"
expect_sums "Ctrl-C"
expect "interrupted" '.interrupted and .unfinished == 4 and .seconds < 30'

# The server goes for good: what is left is counted as unreachable.
"${load[@]}" --clients 20 --requests 300 --max-tokens 400 --give-up 0.2 > "$work/result" 2> "$work/progress" &
client=$!
sleep 0.5
kill -9 "$server"
wait "$server" 2> /dev/null || true
code=0
wait "$client" || code=$?
expect_sums "a server that is gone"
expect "errors are counted" '.errors > 0 and .errors_by_code.unreachable == .errors and .requests == 300'

bench=("$TRITWISE" bench)
expect_error 1 'no server answers' "${bench[@]}" --connect "ipc://$work/nobody" --give-up 0.2
expect_error 2 'clients.*requires.*connect' "${bench[@]}" --clients 2
expect_error 2 'excludes --connect' "${bench[@]}" "$work/small.trit" --connect "ipc://$work/socket"
expect_error 2 'excludes' "${bench[@]}" --threads 1 --connect "ipc://$work/socket"
expect_error 2 'cancel' "${bench[@]}" --connect "ipc://$work/socket" --cancel 1.5
