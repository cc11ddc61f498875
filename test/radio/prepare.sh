#!/usr/bin/env bash
# Makes sure that what the virtual machines of the tests need is there: from Debian's packages as root, in words else.
set -euo pipefail
packages=()
need() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || packages+=("$2"); }
need qemu-system-x86_64 qemu-system-x86
need qemu-system-aarch64 qemu-system-arm
need mmdebstrap mmdebstrap
need mkfs.ext4 e2fsprogs
need depmod kmod
need cpio cpio
need zstd zstd
if [ "${#packages[@]}" != 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Install what boots the virtual machines and run the tests again: sudo apt-get install ${packages[*]}" >&2
    exit 2
  fi
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
fi
