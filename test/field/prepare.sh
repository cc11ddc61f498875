#!/usr/bin/env bash
# prepare.sh ARCHITECTURE...: makes what the tests of the field need: programs, the machines' images, the agent's packages in two versions.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/../radio/prepare.sh"
"$here/../packages/prepare-programs.sh"
for architecture in "$@"; do
  [ "$architecture" = "$(dpkg --print-architecture)" ] || "$here/prepare-processor.sh" "$architecture"
done
cd "$here/../.."
debs=node_modules/.cache/tdc-field/debs
rm -rf "$debs"
for architecture in "$@"; do
  node test/field/make-images.ts "$architecture"
  for version in 0.1.0 0.2.0; do
    node deploy/packages/build.ts --package tdc-agent --arch "$architecture" --version "$version" --out "$debs" \
      --maintainer 'tests of tdc <tests@tdc.invalid>'
  done
done
