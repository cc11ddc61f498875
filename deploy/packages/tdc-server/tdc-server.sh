#!/bin/sh
# For root it becomes the service's user, so that what it writes is the service's. The configuration is the service's too, unless
# TDC_CONFIG_FILE or --config-file says otherwise.
set -eu
user=tdc-server lib=/usr/lib/tdc-server
: "${TDC_CONFIG_FILE=/etc/tdc/server.yaml}"
export TDC_CONFIG_FILE
if [ "$(id -u)" != 0 ] || ! id "$user" >/dev/null 2>&1; then
  exec "$lib/node" "$lib/server/bin/tdc-server.js" "$@"
fi
export HOME=/var/lib/tdc-server NODE_COMPILE_CACHE=/var/cache/tdc-server
exec setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs \
  --bounding-set=-all --inh-caps=-all "$lib/node" "$lib/server/bin/tdc-server.js" "$@"
