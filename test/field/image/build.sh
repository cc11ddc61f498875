#!/usr/bin/env bash
# build.sh ARCHITECTURE FOLDER NODE: makes kernel, initrd and root.img of a plain Debian with systemd in an empty folder. Needs root.
# NODE runs the test's control program, under /opt; the system itself has none.
set -euo pipefail
architecture=$1
folder=$2
node=$3
root=$folder/root
field=$(cd "$(dirname "$0")" && pwd)
radio=$field/../../radio
# shellcheck source=test/radio/image/parts.sh
source "$radio/image/parts.sh"

bootstrap "$root" --variant=minbase --include="$(paste -sd, "$field/packages")"
# Only a few modules of the kernel are wanted, and none of its scripts: so it is unpacked beside the system, not installed in it.
bootstrap "$folder/kernel-root" --variant=extract --include="linux-image-$architecture"
# Not every kernel has all.
mapfile -t modules < <(cat "$field/modules" "$field/modules-$architecture" 2>/dev/null)
add_kernel "$folder/kernel-root" "${modules[@]}"
rm -rf "$folder/kernel-root"

# As they lie in the sources, as some need others.
control=$root/opt/tdc-control
install -D "$node" "$control/node"
mkdir -p "$control"/{radio,field,src/harness}
cp -r "$radio/guest" "$control/radio/"
cp -r "$field/../guest" "$control/field/"
cp "$field/../../src/harness/random.ts" "$control/src/harness/"
echo '{ "type": "module" }' >"$control/package.json"
install -D -m 644 "$field/tdc-control.service" "$root/etc/systemd/system/tdc-control.service"
install -D -m 644 "$field/70-tdc-control.rules" "$root/etc/udev/rules.d/70-tdc-control.rules"
install -D -m 644 "$field/wired.network" "$root/etc/systemd/network/wired.network"
install -D -m 644 "$field/emulator.conf" "$root/etc/systemd/system.conf.d/emulator.conf"
install -D -m 644 "$field/time-server.conf" "$root/etc/systemd/timesyncd.conf.d/time-server.conf"
install -D -m 644 "$field/fstab" "$root/etc/fstab"
# No mirror of Debian is within reach of the machine.
rm -rf "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*
mkdir -p "$root/etc/apt/keyrings"
echo field-box >"$root/etc/hostname"
# Each machine gives itself one.
: >"$root/etc/machine-id"
# Names of units as `systemctl enable` and `mask` would link them. hvc0 is the port of a Bluetooth controller, which is no console.
units=$root/etc/systemd/system
mkdir -p "$units"/{multi-user,network-online,sockets}.target.wants
ln -s /lib/systemd/system/systemd-networkd.service "$units/multi-user.target.wants/"
ln -s /lib/systemd/system/systemd-networkd.socket "$units/sockets.target.wants/"
ln -s /lib/systemd/system/systemd-networkd-wait-online.service "$units/network-online.target.wants/"
ln -s /dev/null "$units/serial-getty@hvc0.service"
make_disk 3G has_journal
