#!/usr/bin/env bash
# build.sh FOLDER NODE: makes kernel, initrd and root.img of the guest in an empty folder, from Debian's packages. Needs root.
# NODE is the Node that the guest gets: the one that the tests run on.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
node=$2
PATH=$PATH:/usr/sbin:/sbin
suite=bookworm

# The mirrors of this machine where it has this suite, as they may be the only ones within reach; Debian's own else.
sources=()
for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  if [ -e "$file" ] && grep -q "$suite" "$file"; then
    sources=("$file")
    break
  fi
done

bootstrap() {
  mmdebstrap --quiet --mode=root --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$@" "${sources[@]}"
}

packages() { paste -sd, "$here/packages"; }

# Only a few modules of the kernel are wanted, and none of its scripts: so it is unpacked beside the system, not installed in it.
bootstrap --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include=linux-image-amd64 "$suite" "$folder/kernel-root" &
kernel=$!
bootstrap --variant=minbase --include="$(packages)" "$suite" "$folder/root"
wait "$kernel"

version=$(ls "$folder/kernel-root/usr/lib/modules" 2>/dev/null || ls "$folder/kernel-root/lib/modules")
mv "$folder/kernel-root/boot/vmlinuz-$version" "$folder/vmlinuz"
depmod -b "$folder/kernel-root" "$version"

# Files of modules with all that they depend on, in the order of loading.
files_of() {
  local module
  for module in "$@"; do
    modprobe --dirname "$folder/kernel-root" --set-version "$version" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}
first=(virtio_pci virtio_blk crc32c_generic ext4)
mapfile -t modules <"$here/modules"

target=$folder/root/lib/modules/$version
files_of "${first[@]}" "${modules[@]}" | while read -r file; do
  install -D -m 644 "$file" "$target/${file#*/modules/"$version"/}"
done
cp "$folder/kernel-root/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$target/"
depmod -b "$folder/root" "$version"

# The first file system of the kernel has just what it takes to mount the disk: a shell and four programs of the guest, and their libraries.
initrd=$folder/initrd
mkdir -p "$initrd"/{proc,sys,dev,disk,modules}
for program in bin/sh bin/mount bin/sleep sbin/insmod sbin/switch_root; do
  install -D "$folder/root/$program" "$initrd/$program"
  chroot "$folder/root" ldd "/$program" | grep -o '/[^ ]*'
done | sort -u | while read -r library; do
  install -D "$folder/root$library" "$initrd$library"
done
number=100
files_of "${first[@]}" | while read -r file; do
  number=$((number + 1))
  cp "$file" "$initrd/modules/$number-$(basename "$file")"
done
install "$here/initrd-init" "$initrd/init"
(cd "$initrd" && find . | cpio --quiet -o -H newc | zstd -q -3) >"$folder/initrd.img"

install "$here/init" "$folder/root/sbin/tdc-init"
install "$node" "$folder/root/usr/bin/node"
mkdir -p "$folder/root"/{data,project}
rm -rf "$folder/root"/var/cache/apt/* "$folder/root"/var/lib/apt/lists/*
truncate -s 1500M "$folder/root.img"
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=1,root_owner=0:0 -d "$folder/root" "$folder/root.img"
rm -rf "$folder/root" "$folder/kernel-root" "$initrd"
