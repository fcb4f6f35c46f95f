#!/usr/bin/env bash
# Installs node-llama-cpp with its prebuilt llama.cpp for this processor (11 MB to fetch, 85 MB on disk with what it needs)
# into FOLDER, without the packages for graphics cards. Does nothing where it is there already.
# Usage: tools/bench/peers/install_node_llama.sh [FOLDER]      (default: build/node-llama-cpp)
set -euo pipefail
cd "$(dirname "$0")/../../.."
folder=${1:-build/node-llama-cpp}
version=3.22.1
case $(uname -s)-$(uname -m) in
  Linux-x86_64) binary=linux-x64 ;;
  Linux-aarch64) binary=linux-arm64 ;;
  *) echo "install_node_llama: no prebuilt llama.cpp is known for $(uname -s) on $(uname -m)" >&2; exit 1 ;;
esac
for program in node npm; do
  command -v "$program" > /dev/null || { echo "install_node_llama: $program is not there" >&2; exit 1; }
done
have=$folder/node_modules/node-llama-cpp/package.json
[ -f "$have" ] && [ "$(node -p "require('$(realpath "$have")').version")" = "$version" ] && exit 0
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{"private": true}' > "$folder/package.json"
npm install --prefix "$folder" --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error \
  "node-llama-cpp@$version" "@node-llama-cpp/$binary@$version" > /dev/null
