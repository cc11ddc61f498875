/** Conversions between the contract's messages and the domain; the only place of nanoseconds. */
import type { DeviceClass } from './device-class.ts';
import type { AddressClass, ClockQuality, DetectionEvent, Kind } from './event.ts';
import { eventIdTimeMs, eventTimeMsMax, isEventId } from './event-id.ts';
import {
  AddressClass as WireAddressClass,
  ClockQuality as WireClockQuality,
  DeviceClass as WireDeviceClass,
  type Event as WireEvent,
  Kind as WireKind,
} from './generated/tdc/v1/event.ts';
import type { Detector as WireDetector, Link as WireLink, Route as WireRoute } from './generated/tdc/v1/network.ts';
import {
  type Detector,
  estimatorNames,
  isEstimatorName,
  type Link,
  type Position,
  type Route,
  routeDetectorsMax,
} from './network.ts';

/** What is wrong with a message. */
export interface Problem {
  /** Field as the contract names it. */
  readonly field: string;
  /** What came and what was expected. */
  readonly message: string;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

const nsPerMs = 1_000_000n;
const nsMax = BigInt(eventTimeMsMax) * nsPerMs;

export const msFromNs = (ns: bigint): number => Number(ns / nsPerMs);
export const nsFromMs = (ms: number): bigint => BigInt(Math.trunc(ms)) * nsPerMs;

const kindFromWire = new Map<number, Kind>([
  [WireKind.KIND_CLASSIC, 'classic'],
  [WireKind.KIND_BLE, 'ble'],
  [WireKind.KIND_WIFI, 'wifi'],
  [WireKind.KIND_ANPR, 'anpr'],
  [WireKind.KIND_IMSI, 'imsi'],
]);
const kindToWire = {
  classic: WireKind.KIND_CLASSIC,
  ble: WireKind.KIND_BLE,
  wifi: WireKind.KIND_WIFI,
  anpr: WireKind.KIND_ANPR,
  imsi: WireKind.KIND_IMSI,
} as const satisfies Record<Kind, WireKind>;

const addressClassFromWire = new Map<number, AddressClass>([
  [WireAddressClass.ADDRESS_CLASS_PUBLIC, 'public'],
  [WireAddressClass.ADDRESS_CLASS_RANDOM_STATIC, 'random-static'],
  [WireAddressClass.ADDRESS_CLASS_RANDOM_RESOLVABLE, 'resolvable'],
  [WireAddressClass.ADDRESS_CLASS_RANDOM_NON_RESOLVABLE, 'non-resolvable'],
  [WireAddressClass.ADDRESS_CLASS_LOCAL, 'local'],
]);
const addressClassToWire = {
  public: WireAddressClass.ADDRESS_CLASS_PUBLIC,
  'random-static': WireAddressClass.ADDRESS_CLASS_RANDOM_STATIC,
  resolvable: WireAddressClass.ADDRESS_CLASS_RANDOM_RESOLVABLE,
  'non-resolvable': WireAddressClass.ADDRESS_CLASS_RANDOM_NON_RESOLVABLE,
  local: WireAddressClass.ADDRESS_CLASS_LOCAL,
} as const satisfies Record<AddressClass, WireAddressClass>;

const deviceClassFromWire = new Map<number, DeviceClass>([
  [WireDeviceClass.DEVICE_CLASS_CAR_KIT, 'car-kit'],
  [WireDeviceClass.DEVICE_CLASS_PHONE, 'phone'],
  [WireDeviceClass.DEVICE_CLASS_HEADSET, 'headset'],
  [WireDeviceClass.DEVICE_CLASS_COMPUTER, 'computer'],
  [WireDeviceClass.DEVICE_CLASS_OTHER, 'other'],
]);
const deviceClassToWire = {
  'car-kit': WireDeviceClass.DEVICE_CLASS_CAR_KIT,
  phone: WireDeviceClass.DEVICE_CLASS_PHONE,
  headset: WireDeviceClass.DEVICE_CLASS_HEADSET,
  computer: WireDeviceClass.DEVICE_CLASS_COMPUTER,
  other: WireDeviceClass.DEVICE_CLASS_OTHER,
} as const satisfies Record<DeviceClass, WireDeviceClass>;

const clockQualityFromWire = new Map<number, ClockQuality>([
  [WireClockQuality.CLOCK_QUALITY_SYNCHRONISED, 'synchronised'],
  [WireClockQuality.CLOCK_QUALITY_CORRECTED, 'corrected'],
  [WireClockQuality.CLOCK_QUALITY_UNSYNCHRONISED, 'unsynchronised'],
]);
const clockQualityToWire = {
  synchronised: WireClockQuality.CLOCK_QUALITY_SYNCHRONISED,
  corrected: WireClockQuality.CLOCK_QUALITY_CORRECTED,
  unsynchronised: WireClockQuality.CLOCK_QUALITY_UNSYNCHRONISED,
} as const satisfies Record<ClockQuality, WireClockQuality>;

export const kindToWireNumber = (kind: Kind): WireKind => kindToWire[kind];
export const kindFromWireNumber = (kind: number): Kind | undefined => kindFromWire.get(kind);
export const deviceClassToWireNumber = (deviceClass: DeviceClass): WireDeviceClass => deviceClassToWire[deviceClass];
export const deviceClassFromWireNumber = (number: number): DeviceClass | undefined => deviceClassFromWire.get(number);

export const detectorIdPattern = /^[A-Za-z0-9_-]{1,64}$/;
export const deviceIdPattern = /^[0-9a-f]{6,32}$/;

export const isDetectorId = (text: string): boolean => detectorIdPattern.test(text);
export const isDeviceId = (text: string): boolean => deviceIdPattern.test(text);

/** Text of outside origin, made fit for an error message: quoted, at most 80 characters. */
export const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

const bad = (field: string, message: string): { ok: false; problem: Problem } => ({
  ok: false,
  problem: { field, message },
});

export const detectorIdExpected = "1 to 64 of letters, digits, '_' and '-'";

/** Parses an event from outside: every rule of event.proto that needs no knowledge of the network or of now. */
export function parseEvent(wire: WireEvent): Parsed<DetectionEvent> {
  if (!isEventId(wire.id))
    return bad('id', `${quoted(wire.id)} is not a ULID: expected 26 upper-case characters of Crockford base 32`);
  if (!isDetectorId(wire.detectorId))
    return bad('detector_id', `${quoted(wire.detectorId)}: expected ${detectorIdExpected}`);
  const kind = kindFromWire.get(wire.kind);
  if (kind === undefined) return bad('kind', `${wire.kind}: expected a kind from 1 to 5`);
  const addressClass = addressClassFromWire.get(wire.addressClass);
  if (addressClass === undefined) return bad('address_class', `${wire.addressClass}: expected a class from 1 to 5`);
  if (!isDeviceId(wire.deviceId)) return bad('device_id', 'expected 6 to 32 lower-case hexadecimal digits');
  if (wire.previousDeviceId !== '' && !isDeviceId(wire.previousDeviceId)) {
    return bad('previous_device_id', 'expected nothing, or 6 to 32 lower-case hexadecimal digits');
  }
  const clockQuality = clockQualityFromWire.get(wire.clockQuality);
  if (clockQuality === undefined) return bad('clock_quality', `${wire.clockQuality}: expected a quality from 1 to 3`);
  if (wire.sightings < 1) return bad('sightings', `${wire.sightings}: expected at least 1`);
  if (wire.rssiPeakDbm !== undefined && (wire.rssiPeakDbm < -127 || wire.rssiPeakDbm > 20)) {
    return bad('rssi_peak_dbm', `${wire.rssiPeakDbm}: expected -127 to 20 dBm`);
  }
  const deviceClass = wire.deviceClass === undefined ? undefined : deviceClassFromWire.get(wire.deviceClass);
  if (wire.deviceClass !== undefined && (deviceClass === undefined || kind !== 'classic')) {
    return bad('device_class', `${wire.deviceClass}: expected a class from 1 to 5, of kind classic only`);
  }
  const timeProblem = problemOfTimes(wire);
  if (timeProblem !== undefined) return { ok: false, problem: timeProblem };
  return {
    ok: true,
    value: {
      id: wire.id,
      detectorId: wire.detectorId,
      kind,
      addressClass,
      deviceId: wire.deviceId,
      keyEpoch: wire.keyEpoch,
      ...(wire.previousDeviceId === '' ? {} : { previousDeviceId: wire.previousDeviceId }),
      referenceTimeMs: msFromNs(wire.referenceTimeNs),
      firstSeenMs: msFromNs(wire.firstSeenNs),
      lastSeenMs: msFromNs(wire.lastSeenNs),
      ...(wire.rssiPeakDbm === undefined ? {} : { rssiPeakDbm: wire.rssiPeakDbm }),
      ...(deviceClass === undefined ? {} : { deviceClass }),
      sightings: wire.sightings,
      resident: wire.resident,
      clockQuality,
      madeAtMs: msFromNs(wire.madeAtNs),
    },
  };
}

function problemOfTimes(wire: WireEvent): Problem | undefined {
  const { firstSeenNs, referenceTimeNs, lastSeenNs, madeAtNs } = wire;
  // Nearly every event is right: what is wrong with the others is looked for only then.
  const isInOrder =
    firstSeenNs >= 0n &&
    firstSeenNs <= referenceTimeNs &&
    referenceTimeNs <= lastSeenNs &&
    lastSeenNs <= madeAtNs &&
    madeAtNs <= nsMax;
  if (!isInOrder) return problemOfOrder(wire);
  const idTimeMs = eventIdTimeMs(wire.id);
  const referenceTimeMs = msFromNs(referenceTimeNs);
  if (idTimeMs === referenceTimeMs) return undefined;
  return {
    field: 'id',
    message: `the time of ${wire.id} is ${idTimeMs}: expected that of reference_time_ns, ${referenceTimeMs} ms`,
  };
}

function problemOfOrder(wire: WireEvent): Problem | undefined {
  const times = [
    ['first_seen_ns', wire.firstSeenNs],
    ['reference_time_ns', wire.referenceTimeNs],
    ['last_seen_ns', wire.lastSeenNs],
    ['made_at_ns', wire.madeAtNs],
  ] as const;
  let before: (typeof times)[number] | undefined;
  for (const [field, ns] of times) {
    if (ns < 0n || ns > nsMax) return { field, message: `${ns}: expected Unix nanoseconds from 0 to ${nsMax}` };
    if (before !== undefined && ns < before[1]) {
      return { field, message: `${ns}: expected a time not before ${before[0]}, ${before[1]}` };
    }
    before = [field, ns] as (typeof times)[number];
  }
  return undefined;
}

export function eventToWire(event: DetectionEvent): WireEvent {
  return {
    id: event.id,
    detectorId: event.detectorId,
    kind: kindToWire[event.kind],
    addressClass: addressClassToWire[event.addressClass],
    deviceId: event.deviceId,
    keyEpoch: event.keyEpoch,
    previousDeviceId: event.previousDeviceId ?? '',
    referenceTimeNs: nsFromMs(event.referenceTimeMs),
    firstSeenNs: nsFromMs(event.firstSeenMs),
    lastSeenNs: nsFromMs(event.lastSeenMs),
    rssiPeakDbm: event.rssiPeakDbm,
    sightings: event.sightings,
    resident: event.resident,
    clockQuality: clockQualityToWire[event.clockQuality],
    madeAtNs: nsFromMs(event.madeAtMs),
    deviceClass: event.deviceClass === undefined ? undefined : deviceClassToWire[event.deviceClass],
  };
}

const nameLengthMax = 200;

export function parseDetector(wire: WireDetector | undefined): Parsed<Detector> {
  if (wire === undefined) return bad('detector', 'missing: expected a detector');
  if (!isDetectorId(wire.id)) return bad('detector.id', `${quoted(wire.id)}: expected ${detectorIdExpected}`);
  if (wire.name.length > nameLengthMax) {
    return bad('detector.name', `${wire.name.length} characters: expected at most ${nameLengthMax}`);
  }
  const position = parsePosition(wire.position);
  return position.ok ? { ok: true, value: { id: wire.id, name: wire.name, position: position.value } } : position;
}

function parsePosition(wire: WireDetector['position']): Parsed<Position> {
  if (wire === undefined) return bad('detector.position', 'missing: expected geo or plane');
  if (wire.$case === 'plane') {
    const { xM, yM } = wire.value;
    if (!Number.isFinite(xM)) return bad('detector.plane.x_m', `${xM}: expected a number of metres`);
    if (!Number.isFinite(yM)) return bad('detector.plane.y_m', `${yM}: expected a number of metres`);
    return { ok: true, value: { type: 'plane', xM, yM } };
  }
  const { latitude, longitude } = wire.value;
  if (!(Math.abs(latitude) <= 90)) return bad('detector.geo.latitude', `${latitude}: expected -90 to 90 degrees`);
  if (!(Math.abs(longitude) <= 180)) return bad('detector.geo.longitude', `${longitude}: expected -180 to 180 degrees`);
  return { ok: true, value: { type: 'geo', latitude, longitude } };
}

export function detectorToWire({ id, name, position }: Detector): WireDetector {
  return {
    id,
    name,
    position:
      position.type === 'geo'
        ? { $case: 'geo', value: { latitude: position.latitude, longitude: position.longitude } }
        : { $case: 'plane', value: { xM: position.xM, yM: position.yM } },
  };
}

export function parseLink(wire: WireLink | undefined): Parsed<Link> {
  if (wire === undefined) return bad('link', 'missing: expected a link');
  const { fromDetectorId, toDetectorId, maxSeconds, lengthM, freeFlowSeconds, estimator } = wire;
  if (!isDetectorId(fromDetectorId))
    return bad('link.from_detector_id', `${quoted(fromDetectorId)}: expected ${detectorIdExpected}`);
  if (!isDetectorId(toDetectorId))
    return bad('link.to_detector_id', `${quoted(toDetectorId)}: expected ${detectorIdExpected}`);
  if (fromDetectorId === toDetectorId)
    return bad('link.to_detector_id', `${toDetectorId}: expected another detector than the first`);
  if (maxSeconds < 1 || maxSeconds > 86_400)
    return bad('link.max_seconds', `${maxSeconds}: expected 1 to 86400 seconds`);
  if (lengthM !== undefined && !(lengthM > 0 && lengthM <= 10_000_000)) {
    return bad('link.length_m', `${lengthM}: expected more than 0 and at most 10000000 metres`);
  }
  if (freeFlowSeconds !== undefined && !(freeFlowSeconds >= 1 && freeFlowSeconds <= maxSeconds)) {
    return bad('link.free_flow_seconds', `${freeFlowSeconds}: expected 1 to max_seconds, ${maxSeconds}`);
  }
  if (estimator !== '' && !isEstimatorName(estimator)) {
    return bad('link.estimator', `${quoted(estimator)}: expected one of ${estimatorNames.join(', ')}, or nothing`);
  }
  const value = {
    fromDetectorId,
    toDetectorId,
    maxSeconds,
    ...(lengthM === undefined ? {} : { lengthM }),
    ...(freeFlowSeconds === undefined ? {} : { freeFlowSeconds }),
    ...(estimator === '' ? {} : { estimator }),
  };
  return { ok: true, value };
}

export function linkToWire(link: Link): WireLink {
  return {
    fromDetectorId: link.fromDetectorId,
    toDetectorId: link.toDetectorId,
    maxSeconds: link.maxSeconds,
    lengthM: link.lengthM,
    freeFlowSeconds: link.freeFlowSeconds,
    estimator: link.estimator ?? '',
  };
}

export function parseRoute(wire: WireRoute | undefined): Parsed<Route> {
  if (wire === undefined) return bad('route', 'missing: expected a route');
  const { id, name, detectorIds } = wire;
  if (!isDetectorId(id)) return bad('route.id', `${quoted(id)}: expected ${detectorIdExpected}`);
  if (name.length > nameLengthMax)
    return bad('route.name', `${name.length} characters: expected at most ${nameLengthMax}`);
  const sequence = parseDetectorSequence('route.detector_ids', detectorIds);
  return sequence.ok ? { ok: true, value: { id, name, detectorIds: sequence.value } } : sequence;
}

/** Detectors in the order of a drive; the field names them in problems. */
export function parseDetectorSequence(field: string, ids: readonly string[]): Parsed<readonly string[]> {
  if (ids.length < 2 || ids.length > routeDetectorsMax)
    return bad(field, `${ids.length} entries: expected 2 to ${routeDetectorsMax}`);
  for (const [i, id] of ids.entries()) {
    if (!isDetectorId(id)) return bad(`${field}[${i}]`, `${quoted(id)}: expected ${detectorIdExpected}`);
  }
  return { ok: true, value: ids };
}

export const routeToWire = ({ id, name, detectorIds }: Route): WireRoute => ({
  id,
  name,
  detectorIds: [...detectorIds],
});
