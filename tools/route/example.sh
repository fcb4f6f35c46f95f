#!/usr/bin/env bash
# Two servers of one model and a router before them, on this machine: an example to change. What ends is started again;
# Ctrl-C ends all. Usage: tools/route/example.sh MODEL.trit; clients connect to tcp://127.0.0.1:5555 (PORT=5555).
# On several machines each server is a unit of systemd (tritwise.service), and so is the router (tritwise-route.service).
set -euo pipefail
tritwise=${TRITWISE:-tritwise}
model=${1:?usage: tools/route/example.sh MODEL.trit}
port=${PORT:-5555}

# Its process is started again until it ends by itself.
keep() {
  local pid='' over=
  trap 'over=1; kill "$pid" 2> /dev/null || true' TERM
  while [ -z "$over" ]; do
    setsid "$@" &  # Ctrl-C reaches this script alone: a second signal would end a server at once
    pid=$!
    # A signal ends the first wait, the process the second.
    wait "$pid" && over=1
    wait "$pid" 2> /dev/null && over=1
    [ -n "$over" ] || sleep 1
  done
}

all=()
trap 'kill -TERM "${all[@]}"' INT TERM
for worker in $((port + 2)) $((port + 4)); do
  keep "$tritwise" serve "$model" --bind "tcp://127.0.0.1:$worker" &
  all+=($!)
done
keep "$tritwise" route --bind "tcp://127.0.0.1:$port" \
  --worker "tcp://127.0.0.1:$((port + 2))" --worker "tcp://127.0.0.1:$((port + 4))" &
all+=($!)
# A signal ends the first wait, what is started the second.
wait "${all[@]}" || true
wait "${all[@]}" || true
