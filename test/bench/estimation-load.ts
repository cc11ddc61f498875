/** Traffic for the benchmarks of estimation: a square city of two-way streets in which devices drive about. */
import type { EstimationEvent } from '@tdc/server/estimation/estimation-event.ts';
import type { Link } from '@tdc/shared/network.ts';

export interface City {
  readonly links: readonly Link[];
  /** By when they were made, all of them within the hours. */
  readonly events: readonly EstimationEvent[];
}

const streetM = 800;
const streetMs = 80_000;
const hourMs = 3600_000;
/** From the reference time of a passage until its event is made. */
const madeAfterMs = 32_000;

/** Seeded, so that every run has the same traffic. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** About so many links, and so many events a link and hour. */
export function cityOf(linksAbout: number, hours: number, eventsPerLinkHour: number): City {
  const side = Math.max(2, Math.round((1 + Math.sqrt(1 + linksAbout)) / 2));
  const id = (x: number, y: number) => `D${x}-${y}`;
  const near = (x: number, y: number) =>
    [
      [x + 1, y],
      [x - 1, y],
      [x, y + 1],
      [x, y - 1],
    ].filter(([a = -1, b = -1]) => a >= 0 && b >= 0 && a < side && b < side) as [number, number][];
  const links: Link[] = [];
  for (let x = 0; x < side; x++) {
    for (let y = 0; y < side; y++) {
      for (const [a, b] of near(x, y)) {
        links.push({ fromDetectorId: id(x, y), toDetectorId: id(a, b), maxSeconds: 600, lengthM: streetM });
      }
    }
  }
  const random = randomFrom(1);
  const total = Math.round(links.length * hours * eventsPerLinkHour);
  const events: EstimationEvent[] = [];
  for (let device = 0; events.length < total; device++) {
    let [x, y] = [Math.floor(random() * side), Math.floor(random() * side)];
    let timeMs = random() * hours * hourMs;
    const pace = 0.8 + 0.5 * random() + (random() < 0.1 ? 1 : 0);
    for (let passage = 0; passage < 12 && timeMs + madeAfterMs <= hours * hourMs; passage++) {
      events.push({
        ...{ id: `${device}-${passage}`, detectorId: id(x, y), kind: 'classic', addressClass: 'public' },
        ...{ deviceId: `d${device}`, referenceTimeMs: Math.round(timeMs), resident: false },
        ...{ clockQuality: 'synchronised', madeAtMs: Math.round(timeMs) + madeAfterMs },
      });
      const ways = near(x, y);
      [x, y] = ways[Math.floor(random() * ways.length)] ?? [x, y];
      timeMs += streetMs * pace * (0.9 + 0.2 * random());
    }
  }
  return { links, events: events.sort((a, b) => a.madeAtMs - b.madeAtMs) };
}
