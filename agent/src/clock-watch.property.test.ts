import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventIdTimeMs } from '@tdc/shared/event-id.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClockWatch } from './clock-watch.ts';
import { SqliteOutbox } from './outboxes/sqlite.ts';
import { PassageBuilder } from './passage-builder.ts';
import { type SteadyClock, steadyClock } from './steady-clock.ts';
import { releaseWaiting } from './waiting-release.ts';

const hour = 3_600_000;
const startMs = Date.UTC(2026, 10, 25, 8);
const never = new AbortController().signal;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-clock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Pseudonyms that tell which device it is, whatever the time. */
const keys = {
  tagsAt: () => ({
    epoch: 1,
    tag: (_: string, address: string) => address.replaceAll(':', ''),
    previousTag: () => undefined,
  }),
};

/** A box by the road, and what is true of it. */
class Box {
  readonly #outbox: SqliteOutbox;
  /** When each device was last heard, in truth. */
  readonly heardAtMs = new Map<string, number>();
  #trueMs = startMs;
  #boots = 0;
  /** As a kernel has it: told by a time server, and forgotten when somebody else sets the clock. */
  #isSynchronised = false;
  #system = new ManualClock();
  #clock: SteadyClock = steadyClock(this.#system);
  #watch: ClockWatch = this.#newWatch();
  #passages: PassageBuilder = this.#newPassages();

  constructor(file: string) {
    this.#outbox = new SqliteOutbox({
      file,
      bytesMax: 2 ** 18,
      nowMs: () => 0,
      onRecovered: ({ reason }) => expect.unreachable(reason),
    });
    this.boot(0);
  }

  /** With a clock that is behind by so much: `Infinity` for one that begins in 1970. */
  boot(behindMs: number): void {
    this.#boots += 1;
    this.#isSynchronised = false;
    this.#system = new ManualClock(15_000);
    if (behindMs < Number.POSITIVE_INFINITY) this.#system.step(this.#trueMs - behindMs - this.#system.nowMs());
    this.start();
  }

  /** A new process: of the last one there is what it committed. */
  start(): void {
    this.#clock = steadyClock(this.#system);
    this.#watch = this.#newWatch();
    this.#passages = this.#newPassages();
  }

  hear(): void {
    const address = this.heardAtMs.size
      .toString(16)
      .padStart(12, '0')
      .replaceAll(/(..)(?!$)/g, '$1:');
    const timeMs = this.#clock.nowMs();
    this.heardAtMs.set(address.replaceAll(':', ''), this.#trueMs);
    const sighting = { timeMs, kind: 'classic', address, addressType: 'public', rssiDbm: -60 } as const;
    this.#push([sighting]);
  }

  async wait(ms: number): Promise<void> {
    this.#trueMs += ms;
    await this.#system.advance(ms);
    this.#push([]);
  }

  setByHand(ms: number): void {
    this.#isSynchronised = false;
    this.#system.step(ms);
  }

  synchronise(): void {
    this.#isSynchronised = true;
    this.#system.step(this.#trueMs - this.#system.nowMs());
  }

  async look(): Promise<void> {
    await this.#watch.look();
    await releaseWaiting(this.#outbox, (entry) => this.#watch.release(entry), never);
  }

  async end() {
    this.boot(hour);
    this.synchronise();
    await this.look();
    const { made, stored, waiting, dropped } = this.#outbox.counts();
    expect(waiting).toBe(0);
    expect(made).toBe(stored + dropped.never_synchronised);
    const entries = this.#outbox.read({ after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1e6 });
    expect(entries).toHaveLength(stored);
    return entries.map(({ event }) => event);
  }

  [Symbol.dispose](): void {
    this.#outbox[Symbol.dispose]();
  }

  #push(sightings: Parameters<PassageBuilder['push']>[0]['sightings']): void {
    const passages = this.#passages.push({ sightings, watermarkMs: this.#clock.nowMs() });
    this.#outbox.append(passages.map((passage) => this.#watch.date(passage)));
  }

  #newPassages(): PassageBuilder {
    return new PassageBuilder({
      detectorId: 'D1',
      keys,
      passage: { gapMs: 30_000, passageMsMax: 900_000, rssiWindowDb: 5 },
    });
  }

  #newWatch(): ClockWatch {
    return new ClockWatch({
      clock: this.#clock,
      voucher: { note: () => {}, vouches: async () => this.#isSynchronised },
      trust: false,
      bootId: `boot ${this.#boots}`,
      waitMsMax: 6 * hour,
      onChange: () => {},
    });
  }
}

type Step = (box: Box) => void | Promise<void>;
const act = <T>(weight: number, of: fc.Arbitrary<T>, step: (box: Box, value: T) => void | Promise<void>) => ({
  weight,
  arbitrary: of.map(
    (value): Step =>
      (box) =>
        step(box, value),
  ),
});
const step = fc.oneof(
  act(6, fc.constant(undefined), (box) => box.hear()),
  act(4, fc.constantFrom(500, 1000, 20_000, 31_000, 600_000, 3 * hour), (box, ms) => box.wait(ms)),
  act(4, fc.constant(undefined), (box) => box.look()),
  act(2, fc.boolean(), (box, isSeen) => {
    box.synchronise();
    return isSeen ? box.look() : undefined;
  }),
  act(1, fc.constantFrom(hour, -hour, -40_000, 800), (box, ms) => box.setByHand(ms)),
  act(1, fc.constant(undefined), (box) => box.start()),
  act(1, fc.constantFrom(Number.POSITIVE_INFINITY, 10_000, hour, 40 * 24 * hour), (box, behindMs) =>
    box.boot(behindMs),
  ),
);

test('whatever happens to a clock and its box, each event has its time to the second or is marked, and all are counted', async () => {
  let files = 0;
  const seen = { synchronised: 0, corrected: 0, unsynchronised: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      files += 1;
      using box = new Box(join(folder, `${files}.sqlite`));
      for (const one of steps) await one(box);
      const events = await box.end();
      for (const { id, deviceId, referenceTimeMs, clockQuality } of events) {
        seen[clockQuality] += 1;
        expect(eventIdTimeMs(id)).toBe(referenceTimeMs);
        if (clockQuality === 'unsynchronised') continue;
        const offMs = referenceTimeMs - (box.heardAtMs.get(deviceId) ?? Number.NaN);
        expect(Math.abs(offMs)).toBeLessThanOrEqual(1000);
      }
      expect(new Set(events.map(({ deviceId }) => deviceId)).size).toBe(events.length);
    }),
    { numRuns: 100 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
}, 60_000);
