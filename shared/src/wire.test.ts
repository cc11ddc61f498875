import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceClasses } from './device-class.ts';
import { type AddressClass, type ClockQuality, type DetectionEvent, kinds } from './event.ts';
import { eventIdMaker, eventTimeMsMax } from './event-id.ts';
import { Event } from './generated/tdc/v1/event.ts';
import { Detector as WireDetector, Link as WireLink } from './generated/tdc/v1/network.ts';
import { type Detector, estimatorNames, type Link } from './network.ts';
import {
  detectorToWire,
  eventToWire,
  kindFromWireNumber,
  kindToWireNumber,
  linkToWire,
  msFromNs,
  nsFromMs,
  parseDetector,
  parseEvent,
  parseLink,
} from './wire.ts';

const makeId = eventIdMaker();
const hex = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: min, maxLength: max });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const events: fc.Arbitrary<DetectionEvent> = fc
  .record({
    detectorId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    kind: fc.constantFrom(...kinds),
    addressClass: fc.constantFrom<AddressClass[]>('public', 'random-static', 'resolvable', 'non-resolvable', 'local'),
    deviceId: hex(6, 32),
    keyEpoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    previousDeviceId: optional(hex(6, 32)),
    times: fc.array(fc.integer({ min: 0, max: eventTimeMsMax }), { minLength: 4, maxLength: 4 }),
    rssiPeakDbm: optional(fc.integer({ min: -127, max: 20 })),
    deviceClass: optional(fc.constantFrom(...deviceClasses)),
    sightings: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    resident: fc.boolean(),
    clockQuality: fc.constantFrom<ClockQuality[]>('synchronised', 'corrected', 'unsynchronised'),
  })
  .map(({ times, previousDeviceId, rssiPeakDbm, deviceClass, ...event }) => {
    const [firstSeenMs = 0, referenceTimeMs = 0, lastSeenMs = 0, madeAtMs = 0] = times.toSorted((a, b) => a - b);
    return {
      ...event,
      id: makeId(referenceTimeMs),
      firstSeenMs,
      referenceTimeMs,
      lastSeenMs,
      madeAtMs,
      ...(previousDeviceId === undefined ? {} : { previousDeviceId }),
      ...(rssiPeakDbm === undefined ? {} : { rssiPeakDbm }),
      ...(deviceClass === undefined || event.kind !== 'classic' ? {} : { deviceClass }),
    };
  });

describe('an event', () => {
  test('that went over the wire is the same event', () => {
    fc.assert(
      fc.property(events, (event) => {
        const sent = Event.decode(Event.encode(eventToWire(event)).finish());
        expect(parseEvent(sent)).toEqual({ ok: true, value: event });
      }),
    );
  });

  const timeMs = 1_700_000_000_000;
  const good: DetectionEvent = {
    id: makeId(timeMs),
    detectorId: 'D1',
    kind: 'ble',
    addressClass: 'public',
    deviceId: '0123abcd',
    keyEpoch: 1,
    referenceTimeMs: timeMs,
    firstSeenMs: timeMs - 10,
    lastSeenMs: timeMs + 10,
    sightings: 3,
    resident: false,
    clockQuality: 'synchronised',
    madeAtMs: timeMs + 20,
  };
  test.each<[string, Partial<Event>]>([
    ['id', { id: good.id.toLowerCase() }],
    ['id', { id: makeId(timeMs + 1) }],
    ['detector_id', { detectorId: '' }],
    ['kind', { kind: 0 }],
    ['address_class', { addressClass: 6 as never }],
    ['device_id', { deviceId: '0123ABCD' }],
    ['previous_device_id', { previousDeviceId: '12' }],
    ['clock_quality', { clockQuality: 0 }],
    ['sightings', { sightings: 0 }],
    ['rssi_peak_dbm', { rssiPeakDbm: 21 }],
    ['device_class', { kind: 1, deviceClass: 0 }],
    ['device_class', { kind: 1, deviceClass: 6 as never }],
    ['device_class', { deviceClass: 1 }],
    ['first_seen_ns', { firstSeenNs: -1n }],
    ['reference_time_ns', { referenceTimeNs: nsFromMs(timeMs - 11) }],
    ['last_seen_ns', { lastSeenNs: nsFromMs(timeMs - 1) }],
    ['made_at_ns', { madeAtNs: nsFromMs(eventTimeMsMax) + 1n }],
  ])('with a wrong %s (case %#) is refused by that name', (field, wrong) => {
    const parsed = parseEvent({ ...eventToWire(good), ...wrong });
    expect(parsed).toMatchObject({ ok: false, problem: { field } });
    expect(parsed.ok ? '' : parsed.problem.message).toMatch(/expected/);
  });

  test('is taken with each of its values at its bounds', () => {
    const lastNs = nsFromMs(eventTimeMsMax);
    const bounds: readonly Partial<Event>[] = [
      { detectorId: 'D'.repeat(64) },
      { deviceId: '0'.repeat(6) },
      { deviceId: 'f'.repeat(32), previousDeviceId: '0'.repeat(32) },
      { keyEpoch: 0 },
      { rssiPeakDbm: -127 },
      { rssiPeakDbm: 20 },
      { sightings: 1 },
      { firstSeenNs: nsFromMs(timeMs), lastSeenNs: nsFromMs(timeMs), madeAtNs: nsFromMs(timeMs) },
      { firstSeenNs: 0n, lastSeenNs: lastNs, madeAtNs: lastNs },
    ];
    for (const bound of bounds) expect(parseEvent({ ...eventToWire(good), ...bound })).toMatchObject({ ok: true });
  });

  test.each<[string, Partial<Event>]>([
    ['id', { id: '' }],
    ['detector_id', { detectorId: 'D'.repeat(65) }],
    ['detector_id', { detectorId: 'D 1' }],
    ['kind', { kind: 6 as never }],
    ['kind', { kind: -1 }],
    ['address_class', { addressClass: 0 }],
    ['device_id', { deviceId: '' }],
    ['device_id', { deviceId: '0'.repeat(5) }],
    ['device_id', { deviceId: '0'.repeat(33) }],
    ['previous_device_id', { previousDeviceId: '0'.repeat(33) }],
    ['clock_quality', { clockQuality: 4 as never }],
    ['rssi_peak_dbm', { rssiPeakDbm: -128 }],
    ['first_seen_ns', { firstSeenNs: nsFromMs(eventTimeMsMax) + 1n }],
    ['reference_time_ns', { referenceTimeNs: -1n }],
    ['last_seen_ns', { lastSeenNs: nsFromMs(timeMs) - 1n }],
    ['made_at_ns', { madeAtNs: nsFromMs(timeMs + 10) - 1n }],
    ['made_at_ns', { madeAtNs: 2n ** 63n - 1n }],
  ])('with %s just past its bounds (case %#) is refused by that name', (field, wrong) => {
    expect(parseEvent({ ...eventToWire(good), ...wrong })).toMatchObject({ ok: false, problem: { field } });
  });

  test('that is refused for its device does not have the device in the message', () => {
    for (const wrong of [{ deviceId: 'AA:BB:CC:DD:EE:FF' }, { previousDeviceId: 'AA:BB:CC:DD:EE:FF' }]) {
      const parsed = parseEvent({ ...eventToWire(good), ...wrong });
      expect(JSON.stringify(parsed)).toContain('lower-case hexadecimal');
      expect(JSON.stringify(parsed)).not.toContain('AA:BB');
    }
  });

  test('has at most 80 characters of what came in the message', () => {
    const parsed = parseEvent({ ...eventToWire(good), detectorId: '\n'.repeat(10_000) });
    expect(parsed.ok ? '' : parsed.problem.message).toBe(
      `"${'\\n'.repeat(80)}…": expected 1 to 64 of letters, digits, '_' and '-'`,
    );
  });

  test('has its times cut to whole milliseconds', () => {
    const part = fc.bigInt({ min: 0n, max: 999_999n });
    fc.assert(
      fc.property(events, part, (event, ns) => {
        const wire = eventToWire(event);
        // The last millisecond of all has no parts.
        fc.pre(event.madeAtMs < eventTimeMsMax);
        const later: Event = {
          ...wire,
          firstSeenNs: wire.firstSeenNs + ns,
          referenceTimeNs: wire.referenceTimeNs + ns,
          lastSeenNs: wire.lastSeenNs + ns,
          madeAtNs: wire.madeAtNs + ns,
        };
        expect(parseEvent(later)).toEqual({ ok: true, value: event });
      }),
    );
  });
});

describe('a time', () => {
  const times = fc.integer({ min: 0, max: eventTimeMsMax });

  test('in nanoseconds is the same time in milliseconds', () => {
    fc.assert(
      fc.property(times, fc.bigInt({ min: 0n, max: 999_999n }), (timeMs, ns) => {
        expect(msFromNs(nsFromMs(timeMs))).toBe(timeMs);
        expect(msFromNs(nsFromMs(timeMs) + ns)).toBe(timeMs);
      }),
    );
  });

  test('of a broken number of milliseconds loses what is after the point', () => {
    expect(nsFromMs(1.999)).toBe(1_000_000n);
    expect(nsFromMs(1_700_000_000_000.5)).toBe(1_700_000_000_000_000_000n);
  });
});

test('each kind has a number of its own, and other numbers have no kind', () => {
  expect(kinds.map(kindToWireNumber)).toEqual([1, 2, 3, 4, 5]);
  expect(kinds.map((kind) => kindFromWireNumber(kindToWireNumber(kind)))).toEqual(kinds);
  for (const none of [-1, 0, 6, 1.5, Number.NaN]) expect(kindFromWireNumber(none)).toBeUndefined();
});

const detectorIds = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
/** Without -0, which goes over the wire as 0. */
const finite = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true }).map((value) => value + 0);

describe('a detector', () => {
  const positions: fc.Arbitrary<Detector['position']> = fc.oneof(
    fc.record({ type: fc.constant('geo' as const), latitude: finite(90), longitude: finite(180) }),
    fc.record({ type: fc.constant('plane' as const), xM: finite(Number.MAX_VALUE), yM: finite(Number.MAX_VALUE) }),
  );
  const detectors = fc.record({ id: detectorIds, name: fc.string({ maxLength: 200 }), position: positions });

  test('that went over the wire is the same detector', () => {
    fc.assert(
      fc.property(detectors, (detector) => {
        const sent = WireDetector.decode(WireDetector.encode(detectorToWire(detector)).finish());
        expect(parseDetector(sent)).toEqual({ ok: true, value: detector });
      }),
    );
  });

  const good: WireDetector = { id: 'D1', name: '', position: { $case: 'plane', value: { xM: 0, yM: 0 } } };
  const plane = (xM: number, yM: number) => ({ position: { $case: 'plane' as const, value: { xM, yM } } });
  const geo = (latitude: number, longitude: number) => ({
    position: { $case: 'geo' as const, value: { latitude, longitude } },
  });
  test.each<[string, Partial<WireDetector>]>([
    ['detector.id', { id: '' }],
    ['detector.name', { name: 'n'.repeat(201) }],
    ['detector.position', { position: undefined }],
    ['detector.plane.x_m', plane(Number.POSITIVE_INFINITY, 0)],
    ['detector.plane.y_m', plane(0, Number.NaN)],
    ['detector.geo.latitude', geo(90.1, 0)],
    ['detector.geo.latitude', geo(Number.NaN, 0)],
    ['detector.geo.longitude', geo(0, -180.1)],
    ['detector.geo.longitude', geo(0, Number.NaN)],
  ])('with a wrong %s (case %#) is refused by that name', (field, wrong) => {
    expect(parseDetector({ ...good, ...wrong })).toMatchObject({
      ok: false,
      problem: { field, message: expect.stringContaining('expected') },
    });
  });

  test('that is not there at all is missing', () => {
    expect(parseDetector(undefined)).toMatchObject({ ok: false, problem: { field: 'detector' } });
  });
});

describe('a link', () => {
  const links: fc.Arbitrary<Link> = fc
    .record({
      ends: fc.uniqueArray(detectorIds, { minLength: 2, maxLength: 2 }),
      maxSeconds: fc.integer({ min: 1, max: 86_400 }),
      lengthM: optional(fc.double({ min: 0, minExcluded: true, max: 10_000_000, noNaN: true })),
      freeFlowSeconds: optional(fc.constant(1)),
      estimator: optional(fc.constantFrom(...estimatorNames)),
    })
    .map(({ ends: [fromDetectorId = '', toDetectorId = ''], maxSeconds, lengthM, freeFlowSeconds, estimator }) => ({
      fromDetectorId,
      toDetectorId,
      maxSeconds,
      ...(lengthM === undefined ? {} : { lengthM }),
      ...(freeFlowSeconds === undefined ? {} : { freeFlowSeconds }),
      ...(estimator === undefined ? {} : { estimator }),
    }));

  test('that went over the wire is the same link', () => {
    fc.assert(
      fc.property(links, (link) => {
        const sent = WireLink.decode(WireLink.encode(linkToWire(link)).finish());
        expect(parseLink(sent)).toEqual({ ok: true, value: link });
      }),
    );
  });

  const good: WireLink = {
    fromDetectorId: 'D1',
    toDetectorId: 'D2',
    maxSeconds: 60,
    lengthM: undefined,
    freeFlowSeconds: undefined,
    estimator: '',
  };
  test.each<[string, Partial<WireLink>]>([
    ['link.from_detector_id', { fromDetectorId: '' }],
    ['link.to_detector_id', { toDetectorId: 'D 2' }],
    ['link.to_detector_id', { toDetectorId: 'D1' }],
    ['link.max_seconds', { maxSeconds: 0 }],
    ['link.max_seconds', { maxSeconds: 86_401 }],
    ['link.length_m', { lengthM: 0 }],
    ['link.free_flow_seconds', { freeFlowSeconds: 61 }],
    ['link.free_flow_seconds', { freeFlowSeconds: Number.NaN }],
    ['link.estimator', { estimator: 'best' }],
    ['link.length_m', { lengthM: 10_000_001 }],
    ['link.length_m', { lengthM: Number.NaN }],
  ])('with a wrong %s (case %#) is refused by that name', (field, wrong) => {
    expect(parseLink({ ...good, ...wrong })).toMatchObject({
      ok: false,
      problem: { field, message: expect.stringContaining('expected') },
    });
  });

  test('that is not there at all is missing', () => {
    expect(parseLink(undefined)).toMatchObject({ ok: false, problem: { field: 'link' } });
  });
});
