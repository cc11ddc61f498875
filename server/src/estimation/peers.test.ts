import { estimatorNames } from '@tdc/shared/network.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EstimationEvent } from './estimation-event.ts';
import { journey } from './made-up-traffic.ts';
import { NetworkEstimator, type NetworkEstimatorOptions } from './network-estimator.ts';

const link = { fromDetectorId: 'A', toDetectorId: 'B', maxSeconds: 1800 };
const links = [link, { fromDetectorId: 'B', toDetectorId: 'A', maxSeconds: 1800 }];
const minutes = 200;

/** What a network says of A to B, and its peers, minute by minute. */
function run(events: readonly EstimationEvent[], options: Pick<NetworkEstimatorOptions, 'estimator' | 'peers'>) {
  const network = new NetworkEstimator({ links, rotating: true, fromMs: -60_000, ...options });
  const waiting = events.toSorted((a, b) => a.madeAtMs - b.madeAtMs);
  return Array.from({ length: minutes }, (_, minute) => {
    while ((waiting[0]?.madeAtMs ?? Number.POSITIVE_INFINITY) <= minute * 60_000) {
      const event = waiting.shift();
      if (event !== undefined) network.add(event);
    }
    const own = network.estimatesAt(minute * 60_000).find((each) => each.link === link)?.estimate;
    return { own, peers: network.peerEstimates() };
  });
}

/** Over the change from one term to the next, at three hours. */
const trafficArb = fc
  .array(
    fc.record({ departedS: fc.integer({ min: 0, max: minutes * 60 }), seconds: fc.integer({ min: 30, max: 900 }) }),
    {
      maxLength: 150,
    },
  )
  .map((cars) => cars.flatMap(({ departedS, seconds }, car) => journey(`car${car}`, departedS, seconds)));

test('peers say what each would have said, had it been in use, and change nothing of what is', () => {
  fc.assert(
    fc.property(trafficArb, (events) => {
      const beside = run(events, { estimator: 'grid-filter', peers: { link, names: estimatorNames } });
      for (const name of estimatorNames) {
        const alone = run(events, { estimator: name });
        expect(beside.map(({ peers }) => peers.get(name))).toEqual(alone.map(({ own }) => own));
        if (name === 'grid-filter') expect(beside.map(({ own }) => own)).toEqual(alone.map(({ own }) => own));
      }
    }),
    { numRuns: 6 },
  );
});

test('without peers there are none', () => {
  expect(run([], { estimator: 'mad' }).at(-1)?.peers.size).toBe(0);
});
