#!/bin/sh
exec /usr/lib/tdc-server/node /usr/lib/tdc-server/server/bin/tdc.js "$@"
