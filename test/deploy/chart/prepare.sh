#!/usr/bin/env bash
# Makes sure that what renders the chart for its tests is there: Go and Helm's template functions, from Debian's packages.
set -euo pipefail
packages=(golang-go golang-github-masterminds-sprig-dev golang-github-ghodss-yaml-dev)
if command -v go >/dev/null && [ -d /usr/share/gocode/src/github.com/Masterminds/sprig ] && [ -d /usr/share/gocode/src/github.com/ghodss/yaml ]; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Install what renders the chart and run the tests again: sudo apt-get install ${packages[*]}" >&2
  exit 2
fi
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
