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
mapfile -t modules <"$field/modules"
add_kernel "$folder/kernel-root" "${modules[@]}"
rm -rf "$folder/kernel-root"

install -D "$node" "$root/opt/tdc-control/node"
install -m 644 "$radio"/guest/control{,-lines}.ts "$root/opt/tdc-control/"
echo '{ "type": "module" }' >"$root/opt/tdc-control/package.json"
install -m 644 "$field/tdc-control.service" "$root/etc/systemd/system/"
install -m 644 "$field/70-tdc-control.rules" "$root/etc/udev/rules.d/"
install -m 644 "$field/wired.network" "$root/etc/systemd/network/"
install -m 644 "$field/fstab" "$root/etc/fstab"
echo field-box >"$root/etc/hostname"
# Each machine gives itself one.
: >"$root/etc/machine-id"
systemctl --root="$root" enable systemd-networkd
make_disk 3G has_journal
