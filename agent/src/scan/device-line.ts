import type { HeardDevice } from './heard-devices.ts';

/** A device of a scan as a line of JSON, in the words of `tdc events`; what is absent is null. A raw address is never in it. */
export function deviceLine(device: HeardDevice): string {
  return `${JSON.stringify({
    kind: device.kind,
    address_class: device.addressClass,
    device_id: device.deviceId,
    device_class: device.deviceClass ?? null,
    rssi_last_dbm: device.rssiLastDbm ?? null,
    rssi_peak_dbm: device.rssiPeakDbm ?? null,
    sightings: device.sightings,
    first_seen: new Date(device.firstSeenMs).toISOString(),
    last_seen: new Date(device.lastSeenMs).toISOString(),
  })}\n`;
}
