#!/usr/bin/env bash
# Installs what the build needs, by name from Debian's packages, and fetches the sources of Highway and ZeroMQ with
# `apt-get source` through a private apt configuration (the system's own is not touched).
# Usage: tools/setup.sh build|test|board PACKAGES...|board-test PACKAGES...
# Does nothing where everything is there already.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
sources=${TRITWISE_DEPENDENCIES_DIR:-$root/.dependencies}
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo

what=${1:-build}
[ $# -eq 0 ] || shift
packages=(cmake ninja-build pkg-config g++ dpkg-dev libflatbuffers-dev flatbuffers-compiler catch2 nlohmann-json3-dev
          libcli11-dev libtomlplusplus-dev cppzmq-dev)
trainer=(libcpp-httplib-dev libdnnl-dev libspdlog-dev libsentencepiece-dev zlib1g-dev libopenmpi-dev openmpi-bin libjs-chart.js jq
         bible-kjv bible-kjv-text dataset-fashion-mnist python3 binutils)
case $what in
  build) packages+=("${trainer[@]}") ;;
  test)
    packages+=("${trainer[@]}" clang-19 libclang-rt-19-dev libomp-19-dev lld-19 llvm-19
               g++-aarch64-linux-gnu g++-riscv64-linux-gnu qemu-user clang-format clang-tidy curl chromium python3-zmq libpcre2-dev libutf8proc-dev
               gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
               gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc) ;;
  board) packages+=("$@") ;;
  board-test) packages+=("$@" qemu-user) ;;
  *) echo "setup: \"$what\" is none of build, test, board, board-test" >&2; exit 2 ;;
esac

# dpkg-query lists packages that were removed too, hence the status.
installed=$(dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' "${packages[@]}" 2>/dev/null | grep -c '^installed ' || true)
if [ "$installed" -lt "${#packages[@]}" ]; then
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
      install -q -y --no-install-recommends "${packages[@]}"
fi

# Source packages that are built for each target, and the Debian suite they come from.
declare -A suites=([highway]=trixie [zeromq3]=bookworm)
missing=()
for source in "${!suites[@]}"; do [ -f "$sources/$source/CMakeLists.txt" ] || missing+=("$source"); done
[ "${#missing[@]}" -gt 0 ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
if [ -z "$mirror" ]; then
  $sudo apt-get update -q
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
fi
[ -n "$mirror" ] || { echo "setup: no Debian 12 (bookworm) package source is configured on this machine" >&2; exit 1; }
key=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,parts}
for source in "${missing[@]}"; do
  printf 'deb-src [signed-by=%s] %s %s main\n' "$key" "$mirror" "${suites[$source]}"
done > "$work/sources.list"
cat > "$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/parts";
Dir::State "$work/state";
Dir::Cache "$work/cache";
Dir::State::status "/var/lib/dpkg/status";
Acquire::Languages "none";
APT::Sandbox::User "root";
CONF
export APT_CONFIG=$work/apt.conf
apt-get update -qq
mkdir -p "$sources"
for source in "${missing[@]}"; do
  mkdir "$work/$source"
  (cd "$work/$source" && apt-get source -qq --only-source "$source/${suites[$source]}")
  rm -rf "$sources/$source.partial"
  cp -r "$work/$source"/*/ "$sources/$source.partial"
  rm -rf "${sources:?}/$source"
  mv "$sources/$source.partial" "$sources/$source"
done
