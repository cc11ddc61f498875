#!/usr/bin/env bash
# Makes what the tests of the packages need: programs, a Debian without anything, the packages.
set -euo pipefail
"$(dirname "$0")/prepare-programs.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=$root/node_modules/.cache/tdc-packages
base=$cache/bookworm-amd64
if [ ! -e "$base" ]; then
  mkdir -p "$cache"
  # What the packages depend on and a minimal Debian does not have: the tests have no network.
  mmdebstrap --quiet --variant=minbase --architectures=amd64 --include=systemd,libudev1,libstdc++6,util-linux,init-system-helpers \
    bookworm "$base.new"
  mv "$base.new" "$base"
fi
rm -rf "$cache/debs"
cd "$root"
build=(node deploy/packages/build.ts --out "$cache/debs" --maintainer 'tests of tdc <tests@tdc.invalid>')
"${build[@]}" --version 0.1.0
"${build[@]}" --version 0.2.0 --arch amd64 --package tdc-agent
