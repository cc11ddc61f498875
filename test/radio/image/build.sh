#!/usr/bin/env bash
# build.sh ARCHITECTURE FOLDER NODE: makes kernel, initrd and root.img of a guest in an empty folder, from Debian's packages. Needs root.
# NODE is the Node that the guest gets.
# Packages are unpacked and none of their scripts run, as this machine cannot run those of another processor.
set -euo pipefail
architecture=$1
folder=$2
node=$3
root=$folder/root
# shellcheck source=test/radio/image/parts.sh
source "$(dirname "$0")/parts.sh"

bootstrap "$root" --variant=extract --include="linux-image-$architecture,$(paste -sd, "$here/packages")"

# What the scripts would have made.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
number=100
for name in messagebus bluetooth netdev tcpdump; do
  echo "$name:x:$number:$number::/nonexistent:/usr/sbin/nologin" >>"$root/etc/passwd"
  echo "$name:x:$number:" >>"$root/etc/group"
  number=$((number + 1))
done
ln -sf mawk "$root/usr/bin/awk"
# Where GLib, and so nmcli, looks for the bus; in the package it is an empty folder.
rmdir "$root/var/run"
ln -s /run "$root/var/run"
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"

# Not every kernel has all.
mapfile -t modules < <(cat "$here/modules" "$here/modules-$architecture" 2>/dev/null)
add_kernel "$root" "${modules[@]}"

install "$here/init" "$root/sbin/tdc-init"
install "$node" "$root/usr/bin/node"
mkdir -p "$root"/{data,project}
make_disk 1500M ^has_journal
