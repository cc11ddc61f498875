#!/bin/sh
exec /usr/lib/tdc-custodian/node /usr/lib/tdc-custodian/custodian/bin/tdc-custodian.js "$@"
