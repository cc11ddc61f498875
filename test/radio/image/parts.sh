# Parts of recipes of guests: sourced by build.sh of each, which sets architecture, folder and root.
PATH=$PATH:/usr/sbin:/sbin
suite=bookworm
kernel=$folder/kernel
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The mirrors of this machine where it has this suite, as they may be the only ones within reach; Debian's own else.
sources=()
for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  if [ -e "$file" ] && grep -q "$suite" "$file"; then
    sources=("$file")
    break
  fi
done

# bootstrap FOLDER OPTION...: a system of Debian's packages.
bootstrap() {
  mmdebstrap --quiet --mode=root --architectures="$architecture" --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "${@:2}" "$suite" "$1" "${sources[@]}"
}

# Files of modules with all that they depend on, in the order of loading.
files_of() {
  local module
  for module in "$@"; do
    modprobe --dirname "$kernel" --set-version "$version" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# add_kernel FOLDER MODULE...: takes the kernel that was unpacked in the folder, gives $root these modules and all that they depend on, and
# makes the initrd, whose modules are what the disk needs.
add_kernel() {
  local first=(virtio_pci virtio_blk crc32c_generic ext4) file target initrd number=100 program
  version=$(ls "$1/lib/modules")
  mkdir -p "$kernel/lib/modules"
  mv "$1/lib/modules/$version" "$kernel/lib/modules/"
  mv "$1/boot/vmlinuz-$version" "$folder/vmlinuz"
  depmod -b "$kernel" "$version"
  target=$root/lib/modules/$version
  files_of "${first[@]}" "${@:2}" | while read -r file; do
    install -D -m 644 "$file" "$target/${file#*/modules/"$version"/}"
  done
  cp "$kernel/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$target/"
  depmod -b "$root" "$version"

  initrd=$folder/initrd
  mkdir -p "$initrd"/{bin,proc,sys,dev,disk,modules}
  cp "$root/bin/busybox" "$initrd/bin/"
  for program in sh mount sleep insmod switch_root; do ln -s busybox "$initrd/bin/$program"; done
  files_of "${first[@]}" | while read -r file; do
    number=$((number + 1))
    cp "$file" "$initrd/modules/$number-$(basename "$file")"
  done
  install "$here/initrd-init" "$initrd/init"
  (cd "$initrd" && find . | cpio --quiet -o -H newc | zstd -q -3) >"$folder/initrd.img"
  rm -rf "$kernel" "$initrd"
}

# Makes root.img of $root, of this size and with these features of ext4.
make_disk() {
  rm -rf "$root"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
  truncate -s "$1" "$folder/root.img"
  mkfs.ext4 -q -O "$2" -E lazy_itable_init=1,root_owner=0:0 -d "$root" "$folder/root.img"
  rm -rf "$root"
}
