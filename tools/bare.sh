#!/usr/bin/env bash
# Flattens a model, builds it with the test program for a port without an operating system, prints what it takes, and
# runs it in the emulator on the first samples of an IDX file.
# Usage: tools/bare.sh PORT MODEL.trit IMAGES [SAMPLES]
#   PORT     a folder of targets/ whose name begins with bare-
# The command is build/release/bin/tritwise unless TRITWISE says otherwise; results go to build/<port>, or to
# TRITWISE_BARE_DIR. Exit code 1 where the code (constants, not weights) is larger than TRITWISE_BARE_CODE_LIMIT bytes
# or the memory for data (arena, not stack) than TRITWISE_BARE_MEMORY_LIMIT, both 65536 unless set.
set -euo pipefail
usage() {
  sed -n 's/^# Usage: /usage: /p' "$0" >&2
  exit 2
}
[ $# -ge 3 ] && [ $# -le 4 ] || usage
root=$(cd "$(dirname "$0")/.." && pwd)
port=$1 model=$2 images=$3 samples=${4:-32}
case $port in
  bare-*) ;;
  *) usage ;;
esac
[ -f "$root/targets/$port/port.cmake" ] || { echo "bare: there is no port targets/$port" >&2; exit 2; }
tritwise=${TRITWISE:-$root/build/release/bin/tritwise}
folder=${TRITWISE_BARE_DIR:-$root/build/$port}
code_limit=${TRITWISE_BARE_CODE_LIMIT:-65536}
memory_limit=${TRITWISE_BARE_MEMORY_LIMIT:-65536}

mkdir -p "$folder"
"$tritwise" flatten "$model" -o "$folder/network" --images "$images" --samples "$samples"
log=$folder/build.log
cmake -G Ninja -S "$root/targets/bare" -B "$folder/build" "-DTRITWISE_PORT=$port" "-DTRITWISE_NETWORK=$folder/network" \
    > "$log" 2>&1 ||
  { echo "bare: cannot configure $port: is its compiler there (tools/setup.sh test)? CMake says why in $log" >&2; exit 1; }
cmake --build "$folder/build" > "$log" 2>&1 || { grep -E -A 20 'error|FAILED' "$log" | head -n 60 >&2; exit 1; }
. "$folder/build/port.sh"
command -v "${emulator%% *}" > /dev/null || { echo "bare: ${emulator%% *} is not installed (tools/setup.sh test)" >&2; exit 1; }
program=$folder/build/program.elf

# Bytes of a section, 0 where there is none.
section() { "${tools}size" -A "$program" | awk -v name="$1" '$1 == name {bytes = $2} END {print bytes + 0}'; }
text=$(section .text)
rodata=$(section .rodata)
data=$(section .data)
bss=$(section .bss)
arena=$(sed -n 's/.*kArenaBytes = \([0-9]*\);.*/\1/p' "$folder/network/network.h")
code=$((text + rodata))
printf '%s: code %d bytes (text %d, constants %d), weights %d, data %d, arena %d of %d bytes cleared at start\n' \
    "$port" "$code" "$text" "$rodata" "$(section .weights)" "$data" "$arena" "$bss"
memory=$((data + bss))
[ "$code" -le "$code_limit" ] || { echo "bare: $code bytes of code, more than $code_limit" >&2; exit 1; }
[ "$memory" -le "$memory_limit" ] || { echo "bare: $memory bytes of memory, more than $memory_limit" >&2; exit 1; }
taken=$("${tools}nm" "$program" | grep -wE 'malloc|_malloc_r|free|_sbrk|_Znwm|_Znwj|__cxa_throw|fopen|pthread_create' || true)
[ -z "$taken" ] || { printf 'bare: the program links what a machine without a system has not:\n%s\n' "$taken" >&2; exit 1; }

if [ -n "$image_bytes" ]; then
  "${tools}objcopy" -O binary "$program" "$folder/flash.img"
  truncate -s "$image_bytes" "$folder/flash.img"
  timeout 600 ${emulator/@IMAGE@/$folder/flash.img} < /dev/null
else
  timeout 600 $emulator "$program" < /dev/null
fi
