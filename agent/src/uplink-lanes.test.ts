import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutboxEntry, OutboxRange } from './outbox.ts';
import { nextBatch, startLanes } from './uplink-lanes.ts';

const event = madeUpEvent();

/** The entries of a set of sequence numbers, as an outbox reads them. */
const reader =
  (seqs: ReadonlySet<number>) =>
  ({ after, through, limit }: OutboxRange): readonly OutboxEntry[] =>
    [...seqs]
      .sort((a, b) => a - b)
      .filter((seq) => seq > after && seq <= through)
      .slice(0, limit)
      .map((seq) => ({ seq, event }));

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

function sendAll(stored: Set<number>, boundary: number, limit: number, madeBetween: () => number): number[][] {
  const batches: number[][] = [];
  let lanes = startLanes(boundary);
  let last = Math.max(boundary, ...stored);
  for (;;) {
    const { lanes: next, entries } = nextBatch(lanes, limit, reader(stored));
    lanes = next;
    if (entries.length === 0) return batches;
    batches.push(entries.map(({ seq }) => seq));
    for (let made = madeBetween(); made > 0; made -= 1) {
      last += 1;
      stored.add(last);
    }
  }
}

describe('the order of sending', () => {
  test('sends the present first and then takes turns, the oldest first in each', () => {
    const stored = new Set([...range(1, 10), ...range(11, 16)]);
    expect(sendAll(stored, 10, 3, () => 0)).toEqual([
      [11, 12, 13],
      [1, 2, 3],
      [14, 15, 16],
      [4, 5, 6],
      [7, 8, 9],
      [10],
    ]);
  });

  test('sends the backlog without pause while nothing new is made', () => {
    expect(sendAll(new Set(range(1, 5)), 5, 2, () => 0)).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('sends what is new when there is no backlog', () => {
    expect(sendAll(new Set(range(8, 9)), 7, 5, () => 0)).toEqual([[8, 9]]);
  });

  test('gives the backlog every second batch however much is made', () => {
    const stored = new Set([...range(1, 6), ...range(7, 8)]);
    let made = 0;
    const batches = sendAll(stored, 6, 2, () => (made++ < 8 ? 2 : 0));
    expect(batches.filter(([first = 0]) => first <= 6)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(batches.findIndex(([first]) => first === 5)).toBe(5);
  });

  test('sends every event exactly once, whatever is stored and made meanwhile', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 300 })),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }),
        (seqs, boundary, limit, made) => {
          const stored = new Set(seqs);
          const steps = [...made];
          const sent = sendAll(stored, boundary, limit, () => steps.shift() ?? 0).flat();
          expect(sent.toSorted((a, b) => a - b)).toEqual([...stored].sort((a, b) => a - b));
        },
      ),
    );
  });
});
