import type { Link } from '@tdc/shared/network.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EstimationEvent } from './estimation-event.ts';
import { passing } from './made-up-traffic.ts';
import { lookBackMs } from './matcher.ts';
import { NetworkEstimator } from './network-estimator.ts';
import { Surroundings } from './surroundings.ts';
import { memoryBeginsMs, termMs } from './term.ts';

const minuteMs = 60_000;
const hour = 3600_000;
/** A grid of streets with a shortcut, both ways. */
const pairs = ['AB', 'BA', 'BC', 'CB', 'AC', 'BD', 'DB', 'DE', 'ED', 'CE', 'FA'];
const links: readonly Link[] = pairs.map((pair) => ({
  fromDetectorId: pair.charAt(0),
  toDetectorId: pair.charAt(1),
  maxSeconds: 1200,
  ...(pair === 'AC' ? { lengthM: 2000 } : {}),
}));

const traffic = fc
  .array(
    fc.record({
      detectorId: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F'),
      device: fc.integer({ min: 0, max: 30 }),
      timeS: fc.integer({ min: 0, max: 8 * 3600 }),
      stayS: fc.integer({ min: 30, max: 600 }),
    }),
    { minLength: 200, maxLength: 600 },
  )
  .map((list) =>
    list.map(({ detectorId, device, timeS, stayS }) =>
      passing({
        detectorId,
        deviceId: `d${device}`,
        referenceTimeMs: timeS * 1000,
        madeAtMs: (timeS + stayS) * 1000,
      }),
    ),
  );

/** The estimates of the minutes after one time and up to another, from what is told from a time on. */
function estimates(
  events: readonly EstimationEvent[],
  options: {
    readonly toldFromMs: number;
    readonly fromMs: number;
    readonly toMs: number;
    readonly destinations?: string[];
  },
): readonly string[] {
  const { toldFromMs, fromMs, toMs, destinations } = options;
  const network = new NetworkEstimator({
    links,
    estimator: 'grid-filter',
    rotating: true,
    fromMs: toldFromMs,
    ...(destinations === undefined ? {} : { destinations }),
  });
  const waiting = events.toSorted((a, b) => a.madeAtMs - b.madeAtMs || (a.id < b.id ? -1 : 1));
  const found: string[] = [];
  let next = 0;
  for (let minute = toldFromMs; minute <= toMs; minute += minuteMs) {
    for (let event = waiting[next]; event !== undefined && event.madeAtMs <= minute; event = waiting[++next])
      network.add(event);
    if (minute === toldFromMs) continue;
    const now = network.estimatesAt(minute);
    if (minute > fromMs) found.push(...now.map(({ link, estimate }) => JSON.stringify([minute, link, estimate])));
  }
  return found.sort();
}

test('an estimate is the same whether everything was seen or only what is remembered', () => {
  fc.assert(
    fc.property(traffic, fc.integer({ min: 6 * 60, max: 8 * 60 }), (events, minute) => {
      const fromMs = minute * minuteMs;
      const whole = estimates(events, { toldFromMs: -termMs, fromMs, toMs: 9 * hour });
      const beginsMs = memoryBeginsMs(fromMs) - lookBackMs(links);
      const kept = events.filter(({ referenceTimeMs }) => referenceTimeMs >= beginsMs);
      const remembered = estimates(kept, { toldFromMs: memoryBeginsMs(fromMs), fromMs, toMs: 9 * hour });
      expect(remembered).toEqual(whole);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

test('the links to one detector come out the same from what is heard around it as from everything', () => {
  fc.assert(
    fc.property(traffic, fc.constantFrom('A', 'B', 'C', 'D', 'E'), (events, destination) => {
      const around = new Set(new Surroundings(links).around(destination));
      const span = { toldFromMs: -minuteMs, fromMs: 0, toMs: 9 * hour };
      const whole = estimates(events, span).filter((line) => line.includes(`"toDetectorId":"${destination}"`));
      const near = events.filter(({ detectorId }) => around.has(detectorId));
      expect(estimates(near, { ...span, destinations: [destination] })).toEqual(whole);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});
