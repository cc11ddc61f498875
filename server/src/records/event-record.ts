import type { DetectionEvent } from '@tdc/shared/event.ts';
import { isoTime } from './iso-time.ts';

/** An event for programs. */
export const eventRecord = (event: DetectionEvent) => ({
  id: event.id,
  detector_id: event.detectorId,
  kind: event.kind,
  address_class: event.addressClass,
  device_id: event.deviceId,
  key_epoch: event.keyEpoch,
  previous_device_id: event.previousDeviceId ?? null,
  reference_time: isoTime(event.referenceTimeMs),
  first_seen: isoTime(event.firstSeenMs),
  last_seen: isoTime(event.lastSeenMs),
  rssi_peak_dbm: event.rssiPeakDbm ?? null,
  sightings: event.sightings,
  resident: event.resident,
  clock_quality: event.clockQuality,
  made_at: isoTime(event.madeAtMs),
  device_class: event.deviceClass ?? null,
});

/** Its fields, in the order of columns. */
export const eventFields = [
  ...['id', 'detector_id', 'kind', 'address_class', 'device_id', 'key_epoch', 'previous_device_id'],
  ...['reference_time', 'first_seen', 'last_seen', 'rssi_peak_dbm', 'sightings', 'resident', 'clock_quality'],
  ...['made_at', 'device_class'],
];
