#!/usr/bin/env bash
# Runs the steps of the images without a container engine, as root on Debian with mmdebstrap: installs each program as the Dockerfile does, puts
# it into a root of Debian that has nothing else, and there starts the server as the image's user, with nothing to write to but its
# volume. Takes about three minutes; not part of the tests.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'kill ${server:-} 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --variant=minbase "$suite" "$work/image"
mkdir -p "$work/image/opt/tdc" "$work/image/data"
for program in server agent; do
  git -C "$root" archive --prefix="source-$program/" HEAD | tar -x -C "$work"
  "$root/deploy/container/install.sh" "$work/source-$program" "$work/$program" "$program"
done
install -d -o 10001 -g 10001 "$work/data"

# PROGRAM COMMAND...: becomes the command in the program's image, whose mounts end with it.
# shellcheck disable=SC2016 # The shell inside expands it.
in_image=(unshare --mount --propagation private sh -euc '
  work=$1; program=$2; shift 2
  mount --bind "$work/image" "$work/image"
  mount --bind "$work/$program" "$work/image/opt/tdc"
  mount -o remount,bind,ro "$work/image/opt/tdc"
  mount --bind "$work/data" "$work/image/data"
  mount -t proc proc "$work/image/proc"
  mount -o remount,bind,ro "$work/image"
  exec chroot "$work/image" env -i \
    NODE_ENV=production NODE_DISABLE_COMPILE_CACHE=1 XDG_DATA_HOME=/data PATH=/opt/tdc/node/node_modules/.bin:/usr/bin:/bin \
    setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set -all "$@"
' sh "$work")
"${in_image[@]}" agent node /opt/tdc/agent/bin/tdc-agent.js --version
"${in_image[@]}" server node /opt/tdc/server/bin/tdc-server.js serve \
  --collector-port 0 --query-port 0 --health-port 0 --http-port 0 >"$work/log" &
server=$!
for _ in $(seq 200); do
  grep -q '"serving"' "$work/log" && break
  sleep 0.1
done
grep '"serving"' "$work/log"
test "$(stat -c %u "$work/data/tdc/server/tdc.sqlite")" = 10001
query=$(sed -n 's/.*"query":"\([^"]*\)".*/\1/p' "$work/log")
"${in_image[@]}" server node /opt/tdc/server/bin/tdc.js --query "$query" detectors
if "${in_image[@]}" server touch /opt/tdc/written /written 2>/dev/null; then
  echo 'the image can be written to' >&2
  exit 1
fi
kill -TERM "$server"
wait "$server"
server=
du -sh "$work/server" "$work/agent"
echo 'the images would work'
