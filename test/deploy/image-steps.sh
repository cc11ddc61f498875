#!/usr/bin/env bash
# Runs the steps of the images without a container engine, as root on Debian: installs each program as the Dockerfile does, and starts the
# server as the image's user, with nothing to write to but its volume. Takes about two minutes; not part of the tests.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"
for program in server agent; do
  git -C "$root" archive --prefix="source-$program/" HEAD | tar -x -C "$work"
  "$root/deploy/container/install.sh" "$work/source-$program" "$work/$program" "$program"
done
mkdir "$work/data"
chown 10001:10001 "$work/data"
as_image_user=(unshare --mount sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set -all "$@"')
"${as_image_user[@]}" "$work/server" env -i NODE_ENV=production NODE_DISABLE_COMPILE_CACHE=1 XDG_DATA_HOME="$work/data" \
  "$work/server/node/node_modules/.bin/node" "$work/server/server/bin/tdc-server.js" serve \
  --collector-port 0 --query-port 0 --health-port 0 >"$work/log" &
server=$!
for _ in $(seq 100); do
  grep -q '"serving"' "$work/log" && break
  sleep 0.1
done
grep '"serving"' "$work/log"
test -s "$work/data/tdc/server/tdc.sqlite"
test "$(stat -c %u "$work/data/tdc/server/tdc.sqlite")" = 10001
query=$(sed -n 's/.*"query":"\([^"]*\)".*/\1/p' "$work/log")
"$work/server/node/node_modules/.bin/node" "$work/server/server/bin/tdc.js" --query "$query" detectors
kill -TERM "$server"
wait "$server"
du -sh "$work/server" "$work/agent"
echo 'the images would work'
