#!/usr/bin/env bash
# prepare-processor.sh arm64: lets this machine's kernel run programs of another processor by an emulator, as the scripts of that processor's
# packages run when its image is made. Debian's package registers the emulator.
set -euo pipefail
[ "$1" = arm64 ] || [ "$1" = amd64 ] || { echo "$1: expected arm64 or amd64" >&2 && exit 2; }
registered=/proc/sys/fs/binfmt_misc
emulator=$registered/qemu-$([ "$1" = arm64 ] && echo aarch64 || echo x86_64)
[ ! -e "$emulator" ] || exit 0
[ -e "$registered/register" ] || mount -t binfmt_misc binfmt_misc "$registered" || {
  echo "This machine's kernel, or its container, lets nobody register an emulator (binfmt_misc): make the image of $1 elsewhere." >&2
  exit 2
}
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --reinstall qemu-user-static binfmt-support
[ -e "$emulator" ] || update-binfmts --import "${emulator##*/}"
[ -e "$emulator" ] || { echo "$emulator: qemu-user-static and binfmt-support did not register it" >&2 && exit 2; }
