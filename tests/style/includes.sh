#!/usr/bin/env bash
# Which folder may include which, and that families of networks are data: their names do not occur where
# networks are computed. Usage: includes.sh [ROOT]
set -euo pipefail
cd "${1:-.}"
status=0

# Lines of FOLDER's sources with an include that matches PATTERN.
forbid() {
  local folder=$1 pattern=$2 why=$3 found
  found=$(grep -rnE --include='*.h' --include='*.cc' --include='*.c' --include='*.inc' \
          "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" "$folder" || true)
  if [ -n "$found" ]; then
    printf '%s\n  %s\n' "$why" "$found"
    status=1
  fi
}

third_party='CLI/|nlohmann/|spdlog/|toml\+\+/|sentencepiece|zlib|dnnl|omp\.h|mpi\.h|zmq'
forbid format "kernels/|runtime/|trainer/|tools/|tritwise/|hwy/|$third_party" "format/ may include FlatBuffers and std only:"
forbid kernels "runtime/|trainer/|tools/|tritwise/|flatbuffers/|$third_party" "kernels/ may include Highway, std and format's geometry only:"
kernel_format=$(grep -rnE '#include "format/' kernels | grep -vE '"format/(numeric|ternary_layout|narrow_layout|half|status)\.h"' || true)
if [ -n "$kernel_format" ]; then
  printf 'kernels/ may include only numeric.h, ternary_layout.h, narrow_layout.h, half.h and status.h of format/:\n  %s\n' "$kernel_format"
  status=1
fi
forbid runtime "trainer/|tools/|hwy/|flatbuffers/|$third_party" "runtime/ may include format/ and kernels/ only:"
forbid trainer "runtime/|tools/|tritwise/" "trainer/ never includes runtime/ or tools/:"
streams='(iostream|fstream|sstream|ostream|istream|iomanip|ios|locale|regex|filesystem)>'
for folder in format kernels runtime tools/minimal; do
  forbid "$folder" "$streams" "format/, kernels/, runtime/ and tools/minimal/ use no streams, which a small program has no room for:"
done
forbid tools/minimal "CLI/|nlohmann/|trainer/" "tools/minimal/ has no library but our own:"
mpi=$(grep -rlE '#include <mpi\.h>' trainer tools tests --include='*.h' --include='*.cc' | grep -vx trainer/distributed/mpi_ranks.cc || true)
if [ -n "$mpi" ]; then
  printf 'only trainer/distributed/mpi_ranks.cc includes mpi.h:\n  %s\n' "$mpi"
  status=1
fi
# A port without an operating system is code, and as small as can be.
code=$(grep -rnE '#[[:space:]]*include' targets toolchains --include='*.h' --include='*.cc' 2>/dev/null |
       grep -vE '^targets/bare-[^:]*:[0-9]*:#include (<cstdint>|<cstddef>|"runtime/bare/(port|start)\.h")$' || true)
if [ -n "$code" ]; then
  printf 'targets/ and toolchains/ hold no code, but ports that include runtime/bare/port.h and start.h:\n%s\n' "$code"
  status=1
fi

# Machines without an operating system may have no C++ library.
freestanding=$(grep -nE '^#include <' runtime/bare/*.h kernels/common/scalar.h kernels/ternary/scalar.h \
               kernels/{common,elementwise,grouped,linear,norm,quantise,ternary}/reference.h 2>/dev/null |
               grep -vE '<(bit|cstddef|cstdint)>$' || true)
if [ -n "$freestanding" ]; then
  printf 'runtime/bare/ and what it uses include no library header but <bit>, <cstddef> and <cstdint>:\n%s\n' "$freestanding"
  status=1
fi

families='llama|bitnet|qwen|olmo|gemma|falcon|mistral|gpt|bert|mlp'
named=$(grep -rniwE "$families" kernels runtime format/reader.cc format/verify.cc format/description.cc format/header.cc || true)
if [ -n "$named" ]; then
  printf 'families of networks are data, these name one:\n%s\n' "$named"
  status=1
fi
exit $status
