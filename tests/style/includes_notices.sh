#!/usr/bin/env bash
# The include check must fail on each kind of thing that it forbids.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{format,kernels/common,runtime/bare,trainer,targets/bare-a,toolchains,tools/minimal,tests}
touch "$root"/format/{reader,verify,description,header}.cc
"$here/includes.sh" "$root" > /dev/null || { echo "an empty tree is refused"; exit 1; }

expect_refused() {
  echo "$2" > "$root/$1"
  if "$here/includes.sh" "$root" > /dev/null; then echo "accepted: $1: $2"; exit 1; fi
  rm "$root/$1"
}
expect_refused format/a.h '#include "kernels/kernels.h"'
expect_refused format/a.h '#include <nlohmann/json.hpp>'
expect_refused kernels/a.cc '#include "format/graph.h"'
expect_refused kernels/a.cc '#include "runtime/arena.h"'
expect_refused runtime/a.cc '  #  include "trainer/run.h"'
expect_refused runtime/a.cc '#include "hwy/highway.h"'
expect_refused trainer/a.h '#include "tritwise/plan.h"'
expect_refused trainer/a.h '#include "runtime/executor.h"'
expect_refused kernels/a.cc '// as in Llama'
expect_refused targets/a.h '#include <vector>'
expect_refused targets/a.cc '#include "runtime/bare/port.h"'
expect_refused targets/bare-a/a.cc '#include "runtime/bare/ops.h"'
expect_refused runtime/bare/a.h '#include <vector>'
expect_refused kernels/common/reference.h '#include <cmath>'
expect_refused format/a.cc '#include <sstream>'
expect_refused tools/minimal/a.h '#include <iostream>'
expect_refused tools/minimal/a.cc '#include "trainer/error.h"'
