/** Events as JSON in etcd: readable with etcdctl, and writable by hand with no more than a timestamp. */
import { deviceClasses } from '@tdc/shared/device-class.ts';
import { type AddressClass, type ClockQuality, type DetectionEvent, type Kind, kinds } from '@tdc/shared/event.ts';
import { isEventId } from '@tdc/shared/event-id.ts';
import { msFromNs, nsFromMs } from '@tdc/shared/wire.ts';
import { z } from 'zod';
import type { Keys } from './keys.ts';

const milliseconds = z.int().default(0);

/** `timestamp` is the reference time in Unix nanoseconds; the other times are milliseconds from it. What is absent has the default. */
const valueSchema = z.object({
  timestamp: z.string().regex(/^\d{1,19}$/),
  kind: z.enum(kinds).default('classic' satisfies Kind),
  address_class: z
    .enum(['public', 'random-static', 'resolvable', 'non-resolvable', 'local'] satisfies AddressClass[])
    .default('public'),
  key_epoch: z.int().min(0).default(0),
  previous_device_id: z.string().optional(),
  first_ms: milliseconds,
  last_ms: milliseconds,
  made_ms: milliseconds,
  rssi_peak_dbm: z.int().optional(),
  device_class: z.enum(deviceClasses).optional(),
  sightings: z.int().min(1).default(1),
  resident: z.boolean().default(false),
  clock: z.enum(['synchronised', 'corrected', 'unsynchronised'] satisfies ClockQuality[]).default('synchronised'),
});

export function eventToValue(event: DetectionEvent): string {
  const { referenceTimeMs } = event;
  return JSON.stringify({
    timestamp: String(nsFromMs(referenceTimeMs)),
    kind: event.kind,
    address_class: event.addressClass,
    key_epoch: event.keyEpoch,
    previous_device_id: event.previousDeviceId,
    first_ms: event.firstSeenMs - referenceTimeMs,
    last_ms: event.lastSeenMs - referenceTimeMs,
    made_ms: event.madeAtMs - referenceTimeMs,
    rssi_peak_dbm: event.rssiPeakDbm,
    device_class: event.deviceClass,
    sightings: event.sightings,
    // The rare cases alone are written: most events need neither.
    resident: event.resident || undefined,
    clock: event.clockQuality === 'synchronised' ? undefined : event.clockQuality,
  });
}

/** An event of its key and value; undefined for what is none, such as a slip in one written by hand. */
export function eventOfPair(keys: Keys, key: string, value: Buffer): DetectionEvent | undefined {
  const [detectorId, , name] = keys.parts('detectors', key);
  const [id, deviceId] = name?.split('.') ?? [];
  const parsed = valueSchema.safeParse(jsonOf(value));
  if (!parsed.success || !detectorId || !id || !deviceId || !isEventId(id)) return undefined;
  const fields = parsed.data;
  const referenceTimeMs = msFromNs(BigInt(fields.timestamp));
  return {
    id,
    detectorId,
    kind: fields.kind,
    addressClass: fields.address_class,
    deviceId,
    keyEpoch: fields.key_epoch,
    ...(fields.previous_device_id === undefined ? {} : { previousDeviceId: fields.previous_device_id }),
    referenceTimeMs,
    firstSeenMs: referenceTimeMs + fields.first_ms,
    lastSeenMs: referenceTimeMs + fields.last_ms,
    ...(fields.rssi_peak_dbm === undefined ? {} : { rssiPeakDbm: fields.rssi_peak_dbm }),
    ...(fields.device_class === undefined ? {} : { deviceClass: fields.device_class }),
    sightings: fields.sightings,
    resident: fields.resident,
    clockQuality: fields.clock,
    madeAtMs: referenceTimeMs + fields.made_ms,
  };
}

/** Whatever JSON the bytes are, or undefined. */
export function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}
