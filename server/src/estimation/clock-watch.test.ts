import type { Link } from '@tdc/shared/network.ts';
import { randomFrom } from '@tdc/shared/seeded-random.ts';
import { describe, expect, test } from 'vitest';
import type { Estimate } from './estimate.ts';
import type { EstimationEvent } from './estimation-event.ts';
import { passing } from './made-up-traffic.ts';
import { NetworkEstimator } from './network-estimator.ts';

const minuteMs = 60_000;
const detectors = ['A', 'B', 'C', 'D'];

/** Links from each detector to the next, and back where wanted. */
function road(ways: 'one' | 'both'): readonly Link[] {
  return detectors.slice(1).flatMap((to, i) => {
    const link = { fromDetectorId: detectors[i] ?? '', toDetectorId: to, maxSeconds: 900, lengthM: 1200 };
    const back = { ...link, fromDetectorId: link.toDetectorId, toDetectorId: link.fromDetectorId };
    return ways === 'one' ? [link] : [link, back];
  });
}

interface Story {
  readonly ways: 'one' | 'both';
  /** By how much a detector's clock is ahead at a (true) time, in seconds. */
  readonly clock: (detectorId: string, timeS: number) => number;
  /** What a link takes at a time, in seconds. */
  readonly roadS: (from: string, timeS: number) => number;
}

/** The estimates of each link by minute, of two hours of cars, three a minute and way. */
function estimatesOf({ ways, clock, roadS }: Story): ReadonlyMap<string, readonly Estimate[]> {
  const random = randomFrom(11);
  const links = road(ways);
  const events: EstimationEvent[] = [];
  for (let car = 0; car < 120 * 6; car++) {
    if (ways === 'one' && car % 2 === 1) continue;
    const way = car % 2 === 0 ? detectors : detectors.toReversed();
    let timeS = car * 10;
    for (const detectorId of way) {
      const seenS = timeS + clock(detectorId, timeS);
      events.push(passing({ detectorId, deviceId: `car${car}`, referenceTimeMs: Math.round(seenS * 1000) }));
      timeS += roadS(detectorId, timeS) * (0.9 + 0.25 * random());
    }
  }
  events.sort((a, b) => a.madeAtMs - b.madeAtMs || (a.id < b.id ? -1 : 1));
  const network = new NetworkEstimator({ links, estimator: 'grid-filter', rotating: true, fromMs: -10 * minuteMs });
  const found = new Map<string, Estimate[]>();
  let next = 0;
  for (let minute = -9; minute <= 115; minute++) {
    for (let event = events[next]; event !== undefined && event.madeAtMs <= minute * minuteMs; event = events[++next])
      network.add(event);
    for (const { link, estimate } of network.estimatesAt(minute * minuteMs)) {
      const name = link.fromDetectorId + link.toDetectorId;
      found.set(name, [...(found.get(name) ?? []), estimate]);
    }
  }
  // From minute 0 on.
  return new Map([...found].map(([name, estimates]) => [name, estimates.slice(9)]));
}

const steady = () => 100;
const right = () => 0;

describe.each(['one', 'both'] as const)('on a road in %s direction(s)', (ways) => {
  test.each([95, -60, 240, -200])(
    'a clock that goes wrong by %i s is noticed, shown, and not averaged in',
    (offsetS) => {
      const clock = (id: string, timeS: number) => (id === 'B' && timeS > 3600 ? offsetS : 0);
      const found = estimatesOf({ ways, clock, roadS: steady });
      for (const [name, estimates] of found) {
        const after = estimates.slice(78, 112);
        if (!name.includes('B')) {
          for (const { travelTime, clockOffsetS } of after) {
            expect(clockOffsetS).toBeUndefined();
            expect(travelTime?.meanS).toBeGreaterThan(90);
            expect(travelTime?.meanS).toBeLessThan(125);
          }
          continue;
        }
        for (const { travelTime, status, clockOffsetS } of after) {
          expect(Math.abs((clockOffsetS ?? 0) - (name.endsWith('B') ? offsetS : -offsetS)), name).toBeLessThanOrEqual(
            10,
          );
          expect(travelTime).toBeUndefined();
          expect(status).toBe('no_data');
        }
      }
    },
  );

  test('a jam that comes and goes is none of the clocks', () => {
    const jam = (from: string, timeS: number) => (from === 'B' && timeS > 3600 && timeS < 5400 ? 260 : 100);
    for (const estimates of estimatesOf({ ways, clock: right, roadS: jam }).values()) {
      for (const { clockOffsetS } of estimates) expect(clockOffsetS).toBeUndefined();
    }
  });
});

test('the clock at the end of a road is told from that of its neighbour', () => {
  const clock = (id: string, timeS: number) => (id === 'D' && timeS > 3600 ? 120 : 0);
  const found = estimatesOf({ ways: 'both', clock, roadS: steady });
  for (const [name, estimates] of found) {
    const shown = estimates.slice(80, 112).filter(({ clockOffsetS }) => clockOffsetS !== undefined).length;
    expect(shown, name).toBe(name.includes('D') ? 32 : 0);
  }
});
