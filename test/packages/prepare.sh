#!/usr/bin/env bash
# Makes sure that the tests of the packages have their programs and a Debian without anything: from Debian's packages as root, in words else.
set -euo pipefail
packages=()
need() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || packages+=("$2"); }
need mmdebstrap mmdebstrap
need apt-ftparchive apt-utils
need gpg gnupg
need ip iproute2
need dpkg-deb dpkg
if [ "$(id -u)" != 0 ]; then
  echo 'The tests of the packages install them into a Debian of their own: run them as root.' >&2
  exit 2
fi
if [ "${#packages[@]}" != 0 ]; then
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
fi
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
