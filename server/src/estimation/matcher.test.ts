import type { Link } from '@tdc/shared/network.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EstimationEvent } from './estimation-event.ts';
import { journey, passing } from './made-up-traffic.ts';
import { lookBackMs, Matcher } from './matcher.ts';
import { Surroundings } from './surroundings.ts';

const links: readonly Link[] = [
  { fromDetectorId: 'A', toDetectorId: 'B', maxSeconds: 600, lengthM: 1000 },
  { fromDetectorId: 'B', toDetectorId: 'C', maxSeconds: 600, lengthM: 1000 },
  { fromDetectorId: 'A', toDetectorId: 'C', maxSeconds: 1200, lengthM: 2000 },
  { fromDetectorId: 'A', toDetectorId: 'X', maxSeconds: 600 },
];

const newMatcher = (rotating: boolean, destinations = ['B', 'C', 'X']) =>
  new Matcher({
    surroundings: new Surroundings(links),
    lookBackMs: lookBackMs(links),
    destinations: new Set(destinations),
    rotating,
  });

/** The matches that are left when all events are in, as text. */
function matches(events: readonly EstimationEvent[], rotating = true): readonly string[] {
  const matcher = newMatcher(rotating);
  const found = new Map<string, string>();
  for (const event of events) {
    for (const { what, link, match } of matcher.add(event)) {
      if (what === 'removed') found.delete(match.id);
      else found.set(match.id, `${link.fromDetectorId}${link.toDetectorId} ${match.travelTimeS}`);
    }
  }
  return [...found].map(([id, text]) => `${text} ${id}`).sort();
}

const at = (detectorId: string, seconds: number, given: Partial<EstimationEvent> = {}) =>
  passing({ detectorId, deviceId: 'd1', referenceTimeMs: seconds * 1000, ...given });
const short = (events: readonly EstimationEvent[], rotating = true) =>
  matches(events, rotating).map((text) => text.split(' ').slice(0, 2).join(' '));

describe('a match', () => {
  test('is a device at one end of a link and then at the other, with nothing off the way in between', () => {
    expect(short([at('A', 0), at('B', 60)])).toEqual(['AB 60']);
    expect(short([at('A', 0), at('B', 60), at('C', 200)])).toEqual(['AB 60', 'AC 200', 'BC 140']);
    expect(short([at('A', 0), at('C', 100)])).toEqual(['AC 100']);
    expect(short([at('A', 0), at('X', 30), at('B', 60)])).toEqual(['AX 30']);
    expect(short([at('A', 0), at('far', 30), at('B', 60)])).toEqual(['AB 60']);
  });

  test('begins at the last passage before and ends at the first after', () => {
    expect(short([at('A', 0), at('A', 50), at('B', 110), at('B', 160)])).toEqual(['AB 60']);
    expect(short([at('B', 0), at('A', 50), at('B', 110), at('A', 150), at('B', 230)])).toEqual(['AB 60', 'AB 80']);
  });

  test('is no longer than the link says, and no faster than vehicles go', () => {
    expect(short([at('A', 0), at('B', 600)])).toEqual(['AB 600']);
    expect(short([at('A', 0), at('B', 601)])).toEqual([]);
    expect(short([at('A', 0), at('B', 10)])).toEqual([]);
  });

  test('is of one device and kind, not of one that stays, nor by a clock that is wrong', () => {
    expect(short([at('A', 0), at('B', 60, { deviceId: 'd2' })])).toEqual([]);
    expect(short([at('A', 0), at('B', 60, { kind: 'wifi' })])).toEqual([]);
    expect(short([at('A', 0, { resident: true }), at('B', 60)])).toEqual([]);
    expect(short([at('A', 0), at('B', 60, { clockQuality: 'unsynchronised' })])).toEqual([]);
  });

  test('is found across a change of key epoch', () => {
    expect(short([at('A', 0), at('B', 60, { deviceId: 'new', previousDeviceId: 'd1' })])).toEqual(['AB 60']);
  });

  test('of rotating addresses counts for those that changed on the way, and never of randomised ones', () => {
    const rotating = { addressClass: 'resolvable' } as const;
    const events = [at('A', 0, rotating), at('B', 450, rotating)];
    const matcher = newMatcher(true);
    const [change] = events.flatMap((event) => matcher.add(event));
    expect(change?.match).toMatchObject({ weight: 2, rotating: true });
    expect(short(events, false)).toEqual([]);
    for (const addressClass of ['non-resolvable', 'local'] as const) {
      expect(short([at('A', 0, { addressClass }), at('B', 60, { addressClass })])).toEqual([]);
    }
  });
});

test('the matches are the same in whatever order events come, and however often', () => {
  const event = fc.record({
    detectorId: fc.constantFrom('A', 'B', 'C', 'X'),
    deviceId: fc.constantFrom('d1', 'd2'),
    seconds: fc.integer({ min: 0, max: 900 }),
  });
  fc.assert(
    fc.property(
      fc
        .uniqueArray(event, { maxLength: 20, selector: ({ deviceId, seconds }) => `${deviceId} ${seconds}` })
        .chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list)),
        ),
      ([list, shuffled, again]) => {
        const made = (each: (typeof list)[number]) =>
          passing({ detectorId: each.detectorId, deviceId: each.deviceId, referenceTimeMs: each.seconds * 1000 });
        expect(matches([...shuffled, ...again].map(made))).toEqual(matches(list.map(made)));
      },
    ),
  );
});

test('devices are known by both pseudonyms, whichever event comes first', () => {
  const events = [
    at('A', 0),
    at('B', 60, { deviceId: 'new', previousDeviceId: 'd1' }),
    at('C', 200, { deviceId: 'new' }),
    at('X', 400, { deviceId: 'new' }),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
      expect(short(shuffled)).toEqual(short(events));
    }),
  );
});

test('a device that stays in a zone is on no journey from there', () => {
  expect(short([at('A', 0, { madeAtMs: 400_000 }), at('B', 410)])).toEqual(['AB 410']);
  expect(short([at('A', 0, { madeAtMs: 500_000 }), at('B', 510)])).toEqual([]);
});

test('journeys of many devices are each found once', () => {
  const events = Array.from({ length: 2000 }, (_, n) => journey(`d${n}`, n * 3, 90)).flat();
  const inTime = events.toSorted((a, b) => a.referenceTimeMs - b.referenceTimeMs);
  expect(matches(inTime)).toHaveLength(2000);
});
