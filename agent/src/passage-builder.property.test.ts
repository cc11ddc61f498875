import { KeyChain } from '@tdc/shared/key-chain.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PassageEvent } from './passage.ts';
import { PassageBuilder } from './passage-builder.ts';
import type { Sighting } from './sighting.ts';

const gapMs = 30_000;
const passageMsMax = 120_000;
const rssiWindowDb = 5;
const startMs = 1_784_000_000_000;

const keys = () =>
  new KeyChain(
    { network: 'tdc', timeZone: 'UTC', epoch: 20_650, key: new Uint8Array(32).fill(3) },
    { overlapMs: 0, tagBits: 64 },
  );

type Facts = Pick<
  PassageEvent,
  'kind' | 'firstSeenMs' | 'lastSeenMs' | 'referenceTimeMs' | 'sightings' | 'resident'
> & { readonly rssiPeakDbm: number | undefined };

/** The rules as a definition over everything a device was heard, with no state and no time of its own. */
function expectedOf(sightings: readonly Sighting[]): Facts[] {
  const stays: Sighting[][] = [];
  for (const sighting of sightings) {
    const stay = stays.at(-1);
    if (stay !== undefined && sighting.timeMs - (stay.at(-1)?.timeMs ?? 0) <= gapMs) stay.push(sighting);
    else stays.push([sighting]);
  }
  return stays.flatMap((stay) => {
    const [first] = stay;
    if (first === undefined) return [];
    const counted = stay.filter(({ timeMs }) => timeMs - first.timeMs < passageMsMax);
    const levels = counted.flatMap(({ rssiDbm }) => (rssiDbm === undefined ? [] : [rssiDbm]));
    const peak = levels.length === 0 ? undefined : Math.max(...levels);
    const near = counted.filter(
      ({ rssiDbm }) => rssiDbm !== undefined && peak !== undefined && rssiDbm >= peak - rssiWindowDb,
    );
    return [
      {
        kind: first.kind,
        firstSeenMs: first.timeMs,
        lastSeenMs: counted.at(-1)?.timeMs ?? first.timeMs,
        referenceTimeMs: near.at(-1)?.timeMs ?? first.timeMs,
        rssiPeakDbm: peak,
        sightings: counted.length,
        resident: counted.length < stay.length,
      },
    ];
  });
}

const factsOf = (event: PassageEvent): Facts => ({
  kind: event.kind,
  firstSeenMs: event.firstSeenMs,
  lastSeenMs: event.lastSeenMs,
  referenceTimeMs: event.referenceTimeMs,
  rssiPeakDbm: event.rssiPeakDbm,
  sightings: event.sightings,
  resident: event.resident,
});

const inOrder = (facts: readonly Facts[]) =>
  facts.toSorted((a, b) => a.firstSeenMs - b.firstSeenMs || JSON.stringify(a).localeCompare(JSON.stringify(b)));

/** A few devices, with pauses around the gap and stays around the limit. */
const sightings = fc
  .array(
    fc.record({
      pauseMs: fc.oneof(
        fc.integer({ min: 0, max: 9000 }),
        fc.constantFrom(0, gapMs - 1, gapMs, gapMs + 1, passageMsMax),
      ),
      device: fc.integer({ min: 0, max: 4 }),
      kind: fc.constantFrom('classic', 'wifi', 'anpr'),
      rssiDbm: fc.option(fc.integer({ min: -75, max: -60 }), { nil: undefined }),
    }),
    { maxLength: 120 },
  )
  .map((steps) => {
    let timeMs = startMs;
    return steps.map(({ pauseMs, device, kind, rssiDbm }): Sighting => {
      timeMs += pauseMs;
      const address = kind === 'anpr' ? `XY${device}` : `80:00:00:00:00:0${device}`;
      return { timeMs, kind, address, addressType: 'public', ...(rssiDbm === undefined ? {} : { rssiDbm }) };
    });
  });

function eventsOf(heard: readonly Sighting[], chunks: readonly number[]): PassageEvent[] {
  const passages = new PassageBuilder({
    detectorId: 'D1',
    keys: keys(),
    passage: { gapMs, passageMsMax, rssiWindowDb },
  });
  const events: PassageEvent[] = [];
  for (let from = 0, chunk = 0; from < heard.length; chunk += 1) {
    const part = heard.slice(from, from + (chunks[chunk % chunks.length] ?? 1));
    from += part.length;
    events.push(...passages.push({ sightings: part, watermarkMs: part.at(-1)?.timeMs ?? 0 }));
  }
  return [...events, ...passages.flush()];
}

describe('passages', () => {
  it('are those that the rules define, however the sightings arrive', () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(sightings, chunks, (heard, sizes) => {
        const byDevice = Map.groupBy(heard, ({ kind, address }) => `${kind} ${address}`);
        const expected = [...byDevice.values()].flatMap(expectedOf);
        const events = eventsOf(heard, sizes);
        expect(inOrder(events.map(factsOf))).toEqual(inOrder(expected));
        for (const { firstSeenMs, referenceTimeMs, lastSeenMs, madeAtMs } of events) {
          expect([firstSeenMs, referenceTimeMs, lastSeenMs, madeAtMs]).toEqual(
            [firstSeenMs, referenceTimeMs, lastSeenMs, madeAtMs].toSorted((a, b) => a - b),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
