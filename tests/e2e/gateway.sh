#!/usr/bin/env bash
# A server, and in front of it a gateway: what curl and a browser get, and what becomes of the requests of clients that go
# away. First argument: the program that writes a model.
. "$(dirname "$0")/common.sh"
"$1" "$work/small.trit" 65536

server=; gateway=
stop() {
  local pid
  for pid in $gateway $server; do kill "$pid" 2> /dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT

printf '[server]\nmax_tokens = 60000\n' > "$work/server.toml"
"$TRITWISE" serve "$work/small.trit" --recipe "$work/server.toml" --bind "ipc://$work/socket" --sequences 2 --queue 1 \
  --threads 1 2> "$work/server.log" &
server=$!
echo 'this-is-the-right-key' > "$work/keys"
# Its address, when it listens.
start_gateway() {
  "$TRITWISE" gateway --connect "ipc://$work/socket" --listen 127.0.0.1:0 "$@" 2> "$work/gateway.log" &
  gateway=$!
  for _ in $(seq 100); do
    url=$(grep -m 1 '^http://' "$work/gateway.log") && return
    sleep 0.1
  done
  fail "the gateway does not begin: $(cat "$work/gateway.log")"
}
start_gateway --key-file "$work/keys"
key=(-H 'Authorization: Bearer this-is-the-right-key' -H 'Content-Type: application/json')
get() { curl -sS -m 60 "${key[@]}" "$@"; }
# expect_status STATUS ERROR_CODE CURL_ARGUMENTS...
expect_status() {
  local status=$1 code=$2 got
  shift 2
  got=$(curl -sS -m 60 -o "$work/body" -D "$work/headers" -w '%{http_code}' "$@")
  [ "$got" = "$status" ] || fail "$*: status $got instead of $status: $(cat "$work/body")"
  [ "$(jq -r .error.code "$work/body")" = "$code" ] || fail "$*: another error: $(cat "$work/body")"
}
stat() { get "$url/metrics" | awk -v name="$1" '$1 == name {print $2}'; }
# wait_for WHAT COMMAND...: until it succeeds.
wait_for() {
  local what=$1
  shift
  for _ in $(seq 100); do
    ! "$@" || return 0
    sleep 0.1
  done
  fail "$what: $(get "$url/metrics" | grep -v '^#')"
}
cancelled() { [ "$(stat 'tritwise_finished_total{reason="cancelled"}')" = "$1" ]; }
running() { [ "$(stat tritwise_running)" = "$1" ]; }

# Each address.
healthy() { curl -sS -m 10 "$url/health" | jq -e '.status == "ok" and .resident_bytes > 0' > /dev/null; }
wait_for "health" healthy
get "$url/v1/models" | jq -e '.data[0].id == "small" and .data[0].context == 65536' > /dev/null || fail "models"
get "$url/metrics" | grep -q '^tritwise_uptime_seconds ' || fail "metrics"
whole=$(get "$url/v1/completions" -d '{"prompt": "ab", "max_tokens": 20, "temperature": 0}')
jq -e '.choices[0].finish_reason == "length" and .usage.completion_tokens == 20 and .model == "small"' \
  > /dev/null <<< "$whole" || fail "completion: $whole"

# A stream is the same text, and ends as OpenAI's do; so is what `run --connect` prints.
get -N "$url/v1/completions" \
  -d '{"prompt": "ab", "max_tokens": 20, "temperature": 0, "stream": true, "stream_options": {"include_usage": true}}' \
  > "$work/stream"
[ "$(grep '^data' "$work/stream" | tail -n 1)" = 'data: [DONE]' ] || fail "the stream's end: $(tail -n 3 "$work/stream")"
grep -v DONE "$work/stream" | sed -n 's/^data: //p' | jq -j '.choices[]?.text' > "$work/streamed"
jq -j '.choices[0].text' <<< "$whole" | cmp - "$work/streamed" || fail "streamed and whole text differ"
grep -v DONE "$work/stream" | sed -n 's/^data: //p' | jq -es 'last.usage.completion_tokens == 20' > /dev/null || fail "usage"
"$TRITWISE" run --connect "ipc://$work/socket" -p ab -n 20 --json | jq -j .text | cmp - "$work/streamed" ||
  fail "run --connect writes another text"
"$TRITWISE" run "$work/small.trit" -p ab -n 20 --json | jq -j .text | cmp - "$work/streamed" || fail "run writes another text"

# A chat goes through the model's template; JSON is JSON.
chat='{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "ab"}], "max_tokens": 20'
expect_status 400 not_supported "$url/v1/chat/completions" "${key[@]}" -d "$chat}"
"$TRITWISE" template "$work/small.trit" --chat plain -o "$work/chat.trit" > /dev/null
mv "$work/chat.trit" "$work/small.trit"
kill -HUP "$server"
chats() { get "$url/v1/models" | jq -e '.data[0].chat' > /dev/null; }
wait_for "no template after a reload" chats
get "$url/v1/chat/completions" -d "$chat, \"seed\": 4}" > "$work/chat"
jq -e '.choices[0].message.role == "assistant" and .usage.completion_tokens > 0' > /dev/null "$work/chat" ||
  fail "chat: $(cat "$work/chat")"
get -N "$url/v1/chat/completions" -d "$chat, \"seed\": 4, \"stream\": true}" | grep -v DONE | sed -n 's/^data: //p' |
  jq -j '.choices[]?.delta.content // ""' > "$work/streamed"
jq -j '.choices[0].message.content' "$work/chat" | cmp - "$work/streamed" || fail "streamed and whole chat differ"
get "$url/v1/completions" -d '{"prompt": "ab", "max_tokens": 60, "seed": 1, "response_format": {"type": "json_object"}}' \
  > "$work/json"
jq -r '.choices[0].text' "$work/json" | jq . > /dev/null || fail "no JSON: $(cat "$work/json")"

# What is refused.
json='Content-Type: application/json'
expect_status 401 invalid_api_key "$url/v1/models"
expect_status 401 invalid_api_key "$url/metrics"
expect_status 401 invalid_api_key "$url/v1/completions" -H "$json" -H 'Authorization: Bearer wrong' -d '{"prompt": "a"}'
expect_status 403 forbidden "$url/v1/models" "${key[@]}" -H 'Origin: http://elsewhere.example'
expect_status 404 not_found "$url/v1/nothing" "${key[@]}"
expect_status 404 model_not_found "$url/v1/completions" "${key[@]}" -d '{"prompt": "a", "model": "other"}'
expect_status 400 invalid_value "$url/v1/completions" "${key[@]}" -d '{"prompt": "a", "n": 2}'
expect_status 400 invalid_value "$url/v1/completions" "${key[@]}" -d 'nonsense'
expect_status 400 invalid_value "$url/v1/chat/completions" "${key[@]}" -d '{"messages": []}'
head -c 3000000 /dev/zero | tr '\0' a > "$work/large"
expect_status 413 body_too_large "$url/v1/completions" "${key[@]}" --data-binary "@$work/large"

# A client that goes away: its request is cancelled, streamed or not.
long='{"prompt": "ab", "max_tokens": 60000, "temperature": 0'
curl -sS -m 0.5 "${key[@]}" "$url/v1/completions" -d "$long}" > /dev/null 2>&1 && fail "60000 tokens came at once"
wait_for "not cancelled" cancelled 1
curl -sS -m 0.5 -N "${key[@]}" "$url/v1/completions" -d "$long, \"stream\": true}" > "$work/part" 2>&1 &&
  fail "60000 tokens came at once"
grep -q '^data' "$work/part" || fail "no part of the text came"
wait_for "not cancelled" cancelled 2
code=0
timeout -s INT 0.5 "$TRITWISE" run --connect "ipc://$work/socket" -p ab -n 60000 > /dev/null || code=$?
[ "$code" -eq 124 ] || fail "an interrupted run: exit code $code"
wait_for "not cancelled" cancelled 3

# A full server says when to come again.
waiting=()
for _ in 1 2 3; do
  curl -sS "${key[@]}" "$url/v1/completions" -d "$long}" > /dev/null &
  waiting+=($!)
  sleep 0.3
done
expect_status 429 rate_limit_exceeded "$url/v1/completions" "${key[@]}" -d '{"prompt": "a"}'
grep -qi '^Retry-After: [1-9]' "$work/headers" || fail "no Retry-After: $(cat "$work/headers")"
kill "${waiting[@]}"
wait_for "still running" running 0

# The page. Its script runs, asks, and shows the answer with its speed.
curl -sS -D "$work/headers" "$url/" | grep -q '<title>Tritwise</title>' || fail "no page"
grep -qi "^Content-Security-Policy: default-src 'none'" "$work/headers" || fail "no Content-Security-Policy"
! grep -nE '(src|href)="(https?:)?//|@import|url\(' tools/gateway/page.* || fail "the page loads from elsewhere"
kill -TERM "$gateway"
wait "$gateway" || fail "the gateway ended with $?: $(cat "$work/gateway.log")"
start_gateway  # the page has no key
wait_for "health" healthy
if command -v chromium > /dev/null; then
  for budget in 2000 5000 10000 30000; do
    HOME=$work timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/browser" \
      --virtual-time-budget="$budget" --dump-dom "$url/?ask=ab" > "$work/dom" 2> "$work/browser.log" || true
    ! grep -q 'tokens/s' "$work/dom" || break
  done
  grep -q 'tokens/s' "$work/dom" || fail "the page shows no answer: $(cat "$work/dom" "$work/browser.log")"
  grep -q 'MiB of memory' "$work/dom" || fail "the page does not show the server's memory"
fi

# SIGTERM: what is under way is finished.
get "$url/v1/completions" -d '{"prompt": "ab", "max_tokens": 3000, "temperature": 0}' > "$work/last" &
last=$!
wait_for "not running" running 1
kill -TERM "$gateway"
wait "$last" || fail "the request under way was broken off"
jq -e '.usage.completion_tokens == 3000' > /dev/null "$work/last" || fail "not finished: $(head -c 300 "$work/last")"
wait "$gateway" || fail "the gateway ended with $?"
gateway=

# Without a server.
start_gateway
kill -TERM "$server"
wait "$server" || fail "the server ended with $?: $(tail -n 3 "$work/server.log")"
server=
expect_status 503 unreachable "$url/v1/completions" "${key[@]}" -d '{"prompt": "a"}'
[ "$(curl -sS -o /dev/null -w '%{http_code}' "$url/health")" = 503 ] || fail "healthy without a server"
expect_error 1 'no server answers' "$TRITWISE" run --connect "ipc://$work/socket" -p a

# Wrong starts are one line.
expect_error 2 'lets other machines in' "$TRITWISE" gateway --listen 0.0.0.0:0
expect_error 2 'not HOST:PORT' "$TRITWISE" gateway --listen nonsense
expect_error 1 'cannot listen' "$TRITWISE" gateway --listen "${url#http://}"
expect_error 1 'is tcp://HOST:PORT' "$TRITWISE" gateway --connect nonsense
expect_error 2 'needs --connect' "$TRITWISE" run "$work/small.trit" -p a --secret-key x
expect_error 2 'has its own' "$TRITWISE" run "$work/small.trit" --connect "ipc://$work/socket" -p a
