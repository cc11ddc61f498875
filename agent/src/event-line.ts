import type { DetectionEvent } from '@tdc/shared/event.ts';

/** An event as a line of JSON, in the contract's words; times in Unix milliseconds. What is absent is left out. */
export function eventLine(event: DetectionEvent): string {
  return `${JSON.stringify({
    id: event.id,
    detector: event.detectorId,
    kind: event.kind,
    address_class: event.addressClass,
    device: event.deviceId,
    key_epoch: event.keyEpoch,
    previous_device: event.previousDeviceId,
    reference_time_ms: event.referenceTimeMs,
    first_seen_ms: event.firstSeenMs,
    last_seen_ms: event.lastSeenMs,
    rssi_peak_dbm: event.rssiPeakDbm,
    device_class: event.deviceClass,
    sightings: event.sightings,
    resident: event.resident,
    clock: event.clockQuality,
    made_at_ms: event.madeAtMs,
  })}\n`;
}
