import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeUpEvents } from '@tdc/shared/made-up-event.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OutboxCounts } from '../outbox.ts';
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

/** What an outbox is: the rows that wait, by number, and the counts. Every state is a value. */
interface Model {
  readonly counts: OutboxCounts;
  readonly rows: readonly { readonly seq: number; readonly id: string }[];
}

const emptyModel: Model = {
  counts: {
    made: 0,
    acknowledged: 0,
    stored: 0,
    dropped: { overflow: 0, disk_full: 0, rejected: 0, corrupt: 0 },
  },
  rows: [],
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

  append(count: number): void {
    const events = madeUpEvents(count);
    this.outbox.append(events);
    const { made } = this.model.counts;
    const added = events.map(({ id }, index) => ({ seq: made + 1 + index, id }));
    // How many are dropped depends on the pages of the file; that they are the oldest, and counted, does not.
    const overflow = this.outbox.counts().dropped.overflow - this.model.counts.dropped.overflow;
    const rows = [...this.model.rows, ...added].slice(overflow);
    this.#become({ made: count, overflow }, rows);
    this.seqsMade.push(...added.map(({ seq }) => seq));
    expect(this.outbox.size().bytes).toBeLessThanOrEqual(bytesMax);
  }

  settle(acknowledged: readonly number[], rejected: readonly number[]): void {
    this.outbox.settle(acknowledged, rejected);
    const kept = this.model.rows.filter(({ seq }) => !acknowledged.includes(seq));
    const rows = kept.filter(({ seq }) => !rejected.includes(seq));
    this.#become({ acknowledged: this.model.rows.length - kept.length, rejected: kept.length - rows.length }, rows);
  }

  drop(count: number): void {
    this.outbox.drop('disk_full', count);
    this.#become({ made: count, disk_full: count }, this.model.rows);
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
    expect(this.outbox.lastSeq()).toBe(made);
  }

  [Symbol.dispose](): void {
    this.outbox[Symbol.dispose]();
  }

  #become(
    change: { made?: number; acknowledged?: number; overflow?: number; disk_full?: number; rejected?: number },
    rows: Model['rows'],
  ): void {
    const { made, acknowledged, dropped } = this.model.counts;
    this.model = {
      rows,
      counts: {
        made: made + (change.made ?? 0),
        acknowledged: acknowledged + (change.acknowledged ?? 0),
        stored: rows.length,
        dropped: {
          overflow: dropped.overflow + (change.overflow ?? 0),
          disk_full: dropped.disk_full + (change.disk_full ?? 0),
          rejected: dropped.rejected + (change.rejected ?? 0),
          corrupt: 0,
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

const isState = (outbox: SqliteOutbox, { counts, rows }: Model): boolean =>
  JSON.stringify(outbox.counts()) === JSON.stringify(counts) && JSON.stringify(rowsOf(outbox)) === JSON.stringify(rows);

type Step = (pair: Pair) => void;

/** Some of the numbers ever given, those that are long gone among them, in any order. */
const pick = (seqs: readonly number[], places: readonly number[]): readonly number[] => [
  ...new Set(places.map((place) => seqs[Math.floor(place * seqs.length)] ?? 999_999)),
];
const places = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 60 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 0, max: 120 }).map(
      (count): Step =>
        (pair) =>
          pair.append(count),
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
