#!/usr/bin/env bash
# Builds llama.cpp's own llama-bench and llama-completion from source, for this processor: the npm package node-llama-cpp
# carries the sources of the release that it prebuilds. Prints the folder to put on the PATH. Does nothing where they are
# there already; takes some six minutes with two cores.
# Usage: tools/bench/peers/build_llama_tools.sh [FOLDER]      (default: build/node-llama-cpp)
set -euo pipefail
cd "$(dirname "$0")/../../.."
folder=${1:-build/node-llama-cpp}
tools/bench/peers/install_node_llama.sh "$folder"
folder=$(realpath "$folder")
package=$folder/node_modules/node-llama-cpp/llama
source=$folder/llama.cpp-$(node -p "require('$package/llama.cpp.info.json').tag")
log=$source.log
[ -d "$source" ] || git -c advice.detachedHead=false clone --quiet "$package/gitRelease.bundle" "$source"
{
  cmake -S "$source" -B "$source/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_TESTS=OFF \
    -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_OPENSSL=OFF &&
    cmake --build "$source/build" --parallel "$(nproc)" --target llama-bench llama-completion
} > "$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
echo "$source/build/bin"
