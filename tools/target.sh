#!/usr/bin/env bash
# Cross-compiles the command for a board (a folder of targets/) into dist/tritwise-VERSION-BOARD: one static program,
# licences, how to copy and run it, and a Debian package. With `test`: builds and runs the board's tests in its emulator.
# MINIMAL=1 makes the small command instead (run, inspect, bench): dist/tritwise-VERSION-BOARD-minimal.
# Usage: [MINIMAL=1] tools/target.sh BOARD|all [test]
# shellcheck disable=SC2046,SC2086  # lists of words
set -euo pipefail
cd "$(dirname "$0")/.."
boards=$(for file in targets/*/board.cmake; do basename "$(dirname "$file")"; done)
wanted=${1:-}
[ "$wanted" = all ] && wanted=$boards
for board in ${wanted:-none}; do
  [ -f "targets/$board/board.cmake" ] ||
    { echo "target: there is no board \"$board\"; BOARD can be all or:" $boards >&2; exit 2; }
done
setting() { sed -n "s/^set($2 \"\(.*\)\")/\1/p" "targets/$1/board.cmake"; }
version=$(sed -n 's/^project(tritwise VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
most_bytes=$((3 * 1024 * 1024))
# Everything that differs between the two commands.
target=tritwise_command suffix='' options=() inside=(nlohmann-json3-dev libcli11-dev libtomlplusplus-dev cppzmq-dev)
case ${MINIMAL:-} in
  '' | 0 | OFF) ;;
  1 | ON) target=tritwise_minimal suffix=-minimal options=(-DTRITWISE_MINIMAL=ON) inside=() most_bytes=$((3 * 512 * 1024)) ;;
  *) echo "target: MINIMAL can be 1 or nothing, not \"$MINIMAL\"" >&2; exit 2 ;;
esac

# What the program is made of besides our own code.
licences() {
  echo "tritwise contains the following, besides its own code (LICENSE)."
  printf '\n======== Highway\n\n'; cat .dependencies/highway/LICENSE
  if [ -z "$suffix" ]; then
    printf '\n======== ZeroMQ (sources: Debian package zeromq3)\n\n'
    cat .dependencies/zeromq3/COPYING.LESSER
  fi
  for package in libflatbuffers-dev "${inside[@]}" libstdc++-12-dev libc6-dev; do
    printf '\n======== %s\n\n' "$package"
    cat "/usr/share/doc/$package/copyright"
  done
}

package() {  # board, folder
  local root architecture size
  architecture=$(setting "$1" TRITWISE_BOARD_ARCHITECTURE)
  root=$(mktemp -d)
  chmod 755 "$root"
  install -D -m 755 "$2/tritwise" "$root/usr/bin/tritwise"
  install -D -m 644 "$2/LICENSE" "$root/usr/share/doc/tritwise$suffix/LICENSE"
  install -D -m 644 "$2/THIRD-PARTY.txt" "$root/usr/share/doc/tritwise$suffix/copyright"
  size=$(du -k -s "$root" | cut -f 1)
  mkdir "$root/DEBIAN"
  cat > "$root/DEBIAN/control" <<CONTROL
Package: tritwise$suffix
Version: $version
Architecture: $architecture
Maintainer: Tritwise <tritwise@localhost>
Installed-Size: $size
Section: science
Priority: optional${suffix:+
Provides: tritwise
Conflicts: tritwise}
Description: Runs ternary (1.58-bit) networks
 The command for $1, linked statically: nothing else has to be installed.
CONTROL
  dpkg-deb --root-owner-group --build "$root" "$2/tritwise${suffix}_${version}_$architecture.deb" > /dev/null
  rm -rf "$root"
}

failed=() summary=()  # of tests: a board that fails does not hide the others
for board in $wanted; do
  begin=$SECONDS
  start=cold; [ -d "build/$board$suffix" ] && start=warm
  tools/setup.sh "board${2:+-$2}" $(setting "$board" TRITWISE_BOARD_PACKAGES)
  installed=$((SECONDS - begin))
  if [ "${2:-}" = test ]; then
    tools/build.sh "$board"
    built=$SECONDS
    result=passed
    ctest --test-dir "build/$board" --output-on-failure -j "$(nproc)" || { result=FAILED; failed+=("$board"); }
    summary+=("$board: tests $result, built in $((built - begin - installed)) s ($start), run in $((SECONDS - built)) s")
    continue
  fi
  tools/build.sh "$board" "$target" "$board$suffix" "${options[@]}"
  folder=dist/tritwise-$version-$board$suffix
  rm -rf "$folder"
  mkdir -p "$folder"
  "$(sed -n 's/^CMAKE_STRIP:FILEPATH=//p' "build/$board$suffix/CMakeCache.txt")" -o "$folder/tritwise" "build/$board$suffix/bin/tritwise"
  cp LICENSE "$folder/"
  cp "targets/$board/README.md" "$folder/"
  licences > "$folder/THIRD-PARTY.txt"
  package "$board" "$folder"
  bytes=$(stat -c %s "$folder/tritwise")
  echo "$folder: $bytes bytes, $((SECONDS - begin - installed)) s ($start build) after $installed s of set-up"
  [ "$bytes" -le "$most_bytes" ] || { echo "target: $folder/tritwise is larger than $most_bytes bytes" >&2; exit 1; }
done
[ ${#summary[@]} -eq 0 ] || printf '%s\n' "${summary[@]}"
[ ${#failed[@]} -eq 0 ] || { echo "target: tests failed on ${failed[*]}" >&2; exit 1; }
