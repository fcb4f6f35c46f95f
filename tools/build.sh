#!/usr/bin/env bash
# Configures a preset (again: set-up may have installed more since) and builds it, or one target of it, quietly.
# Usage: tools/build.sh PRESET [TARGET [FOLDER [-DNAME=VALUE...]]]: build/FOLDER is build/PRESET where nothing is said.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
target=${2:-all}
folder=${3:-$preset}
log=build/$folder.log
mkdir -p build
cmake --preset "$preset" -B "build/$folder" "${@:4}" > "$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }
echo "building $folder ($target)"
cmake --build "build/$folder" --target "$target" > "$log" 2>&1 ||
  { grep -E -A 20 'error|FAILED' "$log" | head -n 80 >&2; exit 1; }
