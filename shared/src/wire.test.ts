import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AddressClass, type ClockQuality, type DetectionEvent, kinds } from './event.ts';
import { eventIdMaker, eventIdTimeMs, eventTimeMsMax, firstEventIdAt, isEventId } from './event-id.ts';
import { Event } from './generated/tdc/v1/event.ts';
import { eventToWire, nsFromMs, parseEvent } from './wire.ts';

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
    sightings: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    resident: fc.boolean(),
    clockQuality: fc.constantFrom<ClockQuality[]>('synchronised', 'corrected', 'unsynchronised'),
  })
  .map(({ times, previousDeviceId, rssiPeakDbm, ...event }) => {
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
    ['first_seen_ns', { firstSeenNs: -1n }],
    ['reference_time_ns', { referenceTimeNs: nsFromMs(timeMs - 11) }],
    ['last_seen_ns', { lastSeenNs: nsFromMs(timeMs - 1) }],
    ['made_at_ns', { madeAtNs: nsFromMs(eventTimeMsMax) + 1n }],
  ])('with a wrong %s (case %#) is refused by that name', (field, wrong) => {
    const parsed = parseEvent({ ...eventToWire(good), ...wrong });
    expect(parsed).toMatchObject({ ok: false, problem: { field } });
    expect(parsed.ok ? '' : parsed.problem.message).toMatch(/expected/);
  });
});

describe('an event id', () => {
  test('carries its time, also the first and the last that there is, and sorts by it', () => {
    const time = fc.oneof(fc.constantFrom(0, 1, eventTimeMsMax), fc.integer({ min: 0, max: eventTimeMsMax }));
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [first, second] = [makeId(a), makeId(b)];
        expect(isEventId(first)).toBe(true);
        expect(eventIdTimeMs(first)).toBe(a);
        if (a < b) expect(first < second).toBe(true);
        expect(firstEventIdAt(a) <= first).toBe(true);
        if (b < a) expect(second < firstEventIdAt(a)).toBe(true);
      }),
    );
  });

  test.each(['', 'x', '8ZZZZZZZZZZZZZZZZZZZZZZZZZ', '01ARZ3NDEKTSV4RRFFQ69G5FAI', '01arz3ndektsv4rrffq69g5fav'])(
    'is not %j',
    (text) => {
      expect(isEventId(text)).toBe(false);
    },
  );

  test('is never given twice in a hundred thousand', () => {
    const ids = Array.from({ length: 100_000 }, () => makeId(0));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
