#!/usr/bin/env bash
# Training threads wait by sleeping unless the environment says otherwise, and arguments and exit codes stay.
. "$(dirname "$0")/common.sh"
small_recipe 100000
policy() {
  "$@" "$TRITWISE" train "$work/recipe.toml" --out "$work/run" > /dev/null 2>&1 &
  local pid=$!
  until [ -f "$work/run/metrics.jsonl" ]; do sleep 0.05; done
  tr '\0' '\n' < "/proc/$pid/environ" | sed -n 's/^OMP_WAIT_POLICY=//p'
  kill -KILL $pid
  wait $pid 2> /dev/null || true
  rm -rf "$work/run"
}
[ "$(policy env -u OMP_WAIT_POLICY)" = passive ] || fail "threads do not sleep"
[ "$(policy env OMP_WAIT_POLICY=active)" = active ] || fail "the environment has no say"
unset OMP_WAIT_POLICY
"$TRITWISE" --version | grep -q '^tritwise ' || fail "no version"
expect_error 2 'no subcommand "dance"' "$TRITWISE" dance 'a b'
