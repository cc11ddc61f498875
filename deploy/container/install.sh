#!/bin/sh
# Puts one program with what it needs, and nothing else, into a folder: `install.sh SOURCE TARGET agent|server`.
# The Dockerfile runs it, and so can anybody on Debian with npm: no step needs a container.
set -eu
source=$1 target=$2 program=$3
mkdir -p "$target"
cp -R "$source/package.json" "$source/package-lock.json" "$source/proto" "$source/shared" "$target/"
for workspace in agent server custodian test; do
  mkdir -p "$target/$workspace"
  cp "$source/$workspace/package.json" "$target/$workspace/"
done
cp -R "$source/$program" "$target/"
cd "$target"
find . -name '*.test.ts' -not -path './node_modules/*' -delete
# The pinned Node is a development dependency of the root, as npm's scripts use it; here it is what runs the program.
npm ci --omit=dev --workspace "$program" --include-workspace-root --ignore-scripts
node_version=$(sed -n 's/.*"node": "\([0-9.]*\)".*/\1/p' package.json)
npm install --no-save --omit=dev --no-package-lock --prefix "$target/node" "node@$node_version"
"$target/node/node_modules/.bin/node" "$program/bin/$([ "$program" = agent ] && echo tdc-agent || echo tdc-server).js" --version
