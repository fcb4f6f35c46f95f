#!/usr/bin/env bash
# Writes the King James Bible as plain text, one verse a line without its reference, from Debian's
# bible-kjv packages. Usage: tools/king_james.sh FILE
set -euo pipefail
mkdir -p "$(dirname "$1")"
bible -f "gen1:1-rev22:21" | sed -E 's/^[^ ]+ //' > "$1.part"
[ "$(wc -l < "$1.part")" -eq 31102 ] || { echo "king_james: expected 31102 verses" >&2; exit 1; }
mv "$1.part" "$1"
