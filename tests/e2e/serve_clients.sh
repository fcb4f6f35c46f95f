#!/usr/bin/env bash
# The server as its clients meet it, over real sockets: serve_clients.py, with two small models.
. "$(dirname "$0")/common.sh"
small_recipe 60 60
short=(--set train.warmup_steps=5 --set train.validate_every=60)
"$TRITWISE" train "$work/recipe.toml" --set data.context=256 "${short[@]}" --out "$work/text" 2> "$work/log" ||
  fail "no text model: $(cat "$work/log")"
"$TRITWISE" train recipes/fashion-mlp.toml --set network.hidden=[32] --set train.steps=20 "${short[@]}" \
  --out "$work/rows" 2> "$work/log" || fail "no model of rows: $(cat "$work/log")"
mv "$work/text/model.trit" "$work/text.trit"
mv "$work/rows/model.trit" "$work/rows.trit"
WORK=$work PYTHONPATH=tools/clients PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -W error -m unittest tests/e2e/serve_clients.py
