import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeUpEvents } from '@tdc/shared/made-up-event.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { madeUpWaitingEvents } from '../made-up-waiting-event.ts';
import type { DropReason, OutboxCounts } from '../outbox.ts';
import { SqliteOutbox } from './sqlite.ts';

const bytesMax = 64 * 1024;
const whole = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1_000_000 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-outbox-model-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What an outbox is: the rows to be sent and those that wait, by number, and the counts. Every state is a value. */
interface Model {
  readonly counts: OutboxCounts;
  readonly lastSeq: number;
  readonly rows: readonly { readonly seq: number; readonly id: string }[];
  readonly waiting: readonly number[];
}

const emptyModel: Model = {
  counts: {
    made: 0,
    acknowledged: 0,
    stored: 0,
    waiting: 0,
    dropped: { overflow: 0, disk_full: 0, rejected: 0, corrupt: 0, never_synchronised: 0 },
  },
  lastSeq: 0,
  rows: [],
  waiting: [],
};

/** The outbox under test and the model beside it. */
class Pair {
  model = emptyModel;
  /** Every state since the file was last closed in order: what a torn write-ahead log may fall back to. */
  history: Model[] = [emptyModel];
  outbox: SqliteOutbox;
  /** Everything ever settled or stored, to settle again. */
  readonly seqsMade: number[] = [];
  #folder: string;
  #folders = 0;

  constructor() {
    this.#folder = this.#nextFolder();
    this.outbox = this.#open();
  }

  append(count: number, waitingCount: number): void {
    const events = madeUpEvents(count);
    this.outbox.append([...events, ...madeUpWaitingEvents(waitingCount)]);
    const { lastSeq } = this.model;
    const added = events.map(({ id }, index) => ({ seq: lastSeq + 1 + index, id }));
    const addedWaiting = Array.from({ length: waitingCount }, (_, index) => lastSeq + count + 1 + index);
    // How many are dropped depends on the pages of the file; that they are the oldest, and counted, does not.
    const overflow = this.outbox.counts().dropped.overflow - this.model.counts.dropped.overflow;
    const all = [...this.model.rows, ...added];
    const rows = all.slice(overflow);
    const waiting = [...this.model.waiting, ...addedWaiting].slice(Math.max(0, overflow - all.length));
    this.#become({ made: count + waitingCount, numbers: count + waitingCount, overflow }, rows, waiting);
    this.seqsMade.push(...added.map(({ seq }) => seq));
    expect(this.outbox.size().bytes).toBeLessThanOrEqual(bytesMax);
  }

  settle(acknowledged: readonly number[], rejected: readonly number[]): void {
    this.outbox.settle(acknowledged, rejected);
    const kept = this.model.rows.filter(({ seq }) => !acknowledged.includes(seq));
    const rows = kept.filter(({ seq }) => !rejected.includes(seq));
    this.#become({ acknowledged: this.model.rows.length - kept.length, rejected: kept.length - rows.length }, rows);
  }

  /** Those at some places of the waiting, and one that is not there; every third has no time that could be sent. */
  release(places: readonly number[]): void {
    const { waiting, lastSeq } = this.model;
    const numbers = [...new Set(places.map((place) => waiting[Math.floor(place * waiting.length)] ?? 888_888))];
    const events = madeUpEvents(numbers.length);
    const released = numbers.map((number, index) => ({ number, event: number % 3 === 0 ? undefined : events[index] }));
    this.outbox.release(released);
    this.outbox.release(released);
    const there = released.filter(({ number }) => waiting.includes(number));
    const added = there.flatMap(({ event }) => event ?? []).map(({ id }, index) => ({ seq: lastSeq + 1 + index, id }));
    this.#become(
      { numbers: added.length, never_synchronised: there.length - added.length },
      [...this.model.rows, ...added],
      waiting.filter((number) => !numbers.includes(number)),
    );
    this.seqsMade.push(...added.map(({ seq }) => seq));
  }

  drop(count: number): void {
    this.outbox.drop('disk_full', count);
    this.#become({ made: count, numbers: count, disk_full: count }, this.model.rows);
  }

  restart(): void {
    this.outbox[Symbol.dispose]();
    this.outbox = this.#open();
    this.history = [this.model];
  }

  /** The files as they are on the disk now, without an orderly end: what SIGKILL leaves. */
  crash(): void {
    this.#moveOn(() => {});
  }

  /** The same, with only a part of the write-ahead log on the disk: what a power cut may leave of unsynced bytes. */
  tear(part: number): void {
    this.#moveOn((wal) => truncateSync(wal, Math.floor(statSync(wal).size * part)));
    const found = this.history.findLastIndex((state) => isState(this.outbox, state));
    const state = this.history[found];
    if (state === undefined) throw new Error(`no state of the past: ${JSON.stringify(this.outbox.counts())}`);
    this.model = state;
    this.history = this.history.slice(0, found + 1);
  }

  expectAlike(): void {
    const { made, acknowledged, stored, dropped } = this.outbox.counts();
    expect(made).toBe(acknowledged + stored + Object.values(dropped).reduce((sum, count) => sum + count, 0));
    expect(this.outbox.counts()).toEqual(this.model.counts);
    expect(rowsOf(this.outbox)).toEqual(this.model.rows);
    expect(waitingOf(this.outbox)).toEqual(this.model.waiting);
    expect(this.outbox.lastSeq()).toBe(this.model.lastSeq);
  }

  [Symbol.dispose](): void {
    this.outbox[Symbol.dispose]();
  }

  #become(
    change: Partial<Record<'made' | 'numbers' | 'acknowledged' | DropReason, number>>,
    rows: Model['rows'],
    waiting = this.model.waiting,
  ): void {
    const { counts, lastSeq } = this.model;
    const { made, acknowledged, dropped } = counts;
    const droppedBy = (reason: DropReason) => dropped[reason] + (change[reason] ?? 0);
    this.model = {
      rows,
      waiting,
      lastSeq: lastSeq + (change.numbers ?? 0),
      counts: {
        made: made + (change.made ?? 0),
        acknowledged: acknowledged + (change.acknowledged ?? 0),
        stored: rows.length + waiting.length,
        waiting: waiting.length,
        dropped: {
          overflow: droppedBy('overflow'),
          disk_full: droppedBy('disk_full'),
          rejected: droppedBy('rejected'),
          corrupt: 0,
          never_synchronised: droppedBy('never_synchronised'),
        },
      },
    };
    this.history.push(this.model);
  }

  #moveOn(damage: (wal: string) => void): void {
    const from = this.#folder;
    this.#folder = this.#nextFolder();
    for (const name of ['outbox.sqlite', 'outbox.sqlite-wal']) {
      if (existsSync(join(from, name))) copyFileSync(join(from, name), join(this.#folder, name));
    }
    const wal = join(this.#folder, 'outbox.sqlite-wal');
    if (existsSync(wal)) damage(wal);
    this.outbox[Symbol.dispose]();
    rmSync(from, { recursive: true });
    this.outbox = this.#open();
  }

  #nextFolder(): string {
    this.#folders += 1;
    const next = mkdtempSync(join(folder, `${this.#folders}-`));
    return next;
  }

  #open(): SqliteOutbox {
    const outbox = new SqliteOutbox({
      file: join(this.#folder, 'outbox.sqlite'),
      bytesMax,
      nowMs: () => 0,
      onRecovered: ({ reason }) => {
        throw new Error(`the file was thought damaged: ${reason}`);
      },
    });
    outbox.open();
    return outbox;
  }
}

const rowsOf = (outbox: SqliteOutbox): Model['rows'] =>
  outbox.read(whole).map(({ seq, event }) => ({ seq, id: event.id }));

const waitingOf = (outbox: SqliteOutbox): Model['waiting'] =>
  outbox.waitingAfter(0, 1_000_000).map(({ number }) => number);

const isState = (outbox: SqliteOutbox, { counts, rows, waiting }: Model): boolean =>
  JSON.stringify([outbox.counts(), rowsOf(outbox), waitingOf(outbox)]) === JSON.stringify([counts, rows, waiting]);

type Step = (pair: Pair) => void;

/** Some of the numbers ever given, those that are long gone among them, in any order. */
const pick = (seqs: readonly number[], places: readonly number[]): readonly number[] => [
  ...new Set(places.map((place) => seqs[Math.floor(place * seqs.length)] ?? 999_999)),
];
const places = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 60 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 120 }), fc.constantFrom(0, 0, 1, 60)).map(
      ([count, waiting]): Step =>
        (pair) =>
          pair.append(count, waiting),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(places, places).map(
      ([acknowledged, rejected]): Step =>
        (pair) => {
          const first = pick(pair.seqsMade, acknowledged);
          pair.settle(
            first,
            pick(pair.seqsMade, rejected).filter((seq) => !first.includes(seq)),
          );
        },
    ),
  },
  {
    weight: 2,
    arbitrary: places.map(
      (each): Step =>
        (pair) =>
          pair.release(each),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 9 }).map(
      (count): Step =>
        (pair) =>
          pair.drop(count),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((pair) => pair.restart()) },
  { weight: 1, arbitrary: fc.constant<Step>((pair) => pair.crash()) },
  {
    weight: 1,
    arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map(
      (part): Step =>
        (pair) =>
          pair.tear(part),
    ),
  },
);

test('an outbox behaves as its model through appends, settlements, overflow, restarts, crashes and torn logs', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
      using pair = new Pair();
      for (const act of steps) {
        act(pair);
        pair.expectAlike();
      }
    }),
    { numRuns: 100 },
  );
});
