#!/bin/sh
# For root it becomes the service's user with the service's capabilities: what it finds is what the service has, and what it writes is the
# service's. The configuration is the service's too, unless TDC_CONFIG_FILE or --config-file says otherwise.
set -eu
user=tdc-agent lib=/usr/lib/tdc-agent
: "${TDC_CONFIG_FILE=/etc/tdc/agent.yaml}"
export TDC_CONFIG_FILE
if [ "$(id -u)" != 0 ] || ! id "$user" >/dev/null 2>&1; then
  exec "$lib/node" "$lib/agent/bin/tdc-agent.js" "$@"
fi
export HOME=/var/lib/tdc-agent NODE_COMPILE_CACHE=/var/cache/tdc-agent
caps=-all,+net_raw,+net_admin
# A container can be without one of them.
setpriv --bounding-set=$caps --inh-caps=$caps --ambient-caps=$caps true 2>/dev/null || caps=-all
exec setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs \
  --bounding-set=$caps --inh-caps=$caps --ambient-caps=$caps "$lib/node" "$lib/agent/bin/tdc-agent.js" "$@"
