#!/usr/bin/env bash
# Makes sure that what makes packages, a repository of them and a Debian without anything is there: from Debian's packages as root, in words else.
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
