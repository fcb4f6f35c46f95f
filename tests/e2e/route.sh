#!/usr/bin/env bash
# Two servers and a router before them, as tools/route/example.sh starts them: one server is killed in mid-stream and
# comes back. First argument: the program that writes a model.
. "$(dirname "$0")/common.sh"
"$1" "$work/small.trit" 8192

# Ports that nobody has now: of six in a row the first.
port=$((20000 + RANDOM % 10000))
cluster=
stop() {
  [ -z "$cluster" ] || { kill "$cluster" 2> /dev/null && wait "$cluster"; } || true
  rm -rf "$work"
}
trap stop EXIT
PORT=$port tools/route/example.sh "$work/small.trit" 2> "$work/log" &
cluster=$!
router=tcp://127.0.0.1:$port
ask() {
  PYTHONPATH=tools/clients PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -W error - "$router" "$@"
}
workers() { ask << 'PYTHON'
import sys
from tritwise_client import Client
with Client(sys.argv[1], timeout_s=2, tries=1) as client:
    print(sum(worker["status"] == "ok" for worker in client.health()["workers"]))
PYTHON
}
wait_for_workers() {
  for _ in $(seq 100); do
    [ "$(workers 2> /dev/null)" != "$1" ] || return 0
    sleep 0.2
  done
  fail "not $1 workers: $(cat "$work/log")"
}
wait_for_workers 2

# Two texts, one at each worker. The worker of the first is killed: that text ends with worker_lost, the other goes on, and
# a third that comes then is served by whom is left.
ask "$work" << 'PYTHON' || fail "$(cat "$work/log")"
import os, signal, subprocess, sys
from tritwise_client import Client, TritwiseError

router, work = sys.argv[1:]
with Client(router) as client:
    texts = [client.generate("ab", max_tokens=4000, credit=50) for _ in range(2)]
    deltas = [iter(text) for text in texts]
    for one in deltas:
        next(one)
    before = client.health()["workers"]
    assert [worker["running"] for worker in before] == [1, 1], before
    port = before[0]["address"].rsplit(":", 1)[1]
    pids = subprocess.run(["pgrep", "-f", f"serve {work}/small.trit.*127.0.0.1:{port}"], capture_output=True, text=True)
    pid, = pids.stdout.split()
    os.kill(int(pid), signal.SIGKILL)

    codes = []
    for one in deltas:
        try:
            for _ in range(400):
                next(one)
            codes.append("goes on")
        except TritwiseError as error:
            codes.append(error.code)
    assert sorted(codes) == ["goes on", "worker_lost"], codes
    third = client.generate("ab", max_tokens=20)
    assert "".join(delta.text for delta in third) and third.finish.reason == "length"
    for text in texts:
        text.cancel()
PYTHON
wait_for_workers 2
ask << 'PYTHON' || fail "$(cat "$work/log")"
import sys
from tritwise_client import Client
with Client(sys.argv[1]) as client:
    text = client.generate("ab", max_tokens=20)
    assert "".join(delta.text for delta in text) and text.finish.usage.tokens == 20
    stats = client.stats()
    assert stats["errors_total"]["code=worker_lost"] == 1, stats
    assert "tritwise_worker_up" in client.prometheus()
PYTHON

# All three end together.
kill "$cluster"
wait "$cluster" || fail "the three end with $?: $(cat "$work/log")"
cluster=
[ "$(grep -c '"event":"end"' "$work/log")" -eq 3 ] || fail "not all have ended: $(cat "$work/log")"

expect_error 2 'there are no workers' "$TRITWISE" route
expect_error 1 'tcp://HOST:PORT' "$TRITWISE" route --worker nonsense
expect_error 1 'worker tcp://a:1 is there twice' "$TRITWISE" route --worker tcp://a:1 --worker tcp://a:1
printf '[router]\nthreads = 3\n' > "$work/bad.toml"
expect_error 1 'unknown key router.threads' "$TRITWISE" route --recipe "$work/bad.toml"
