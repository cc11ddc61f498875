import fc from 'fast-check';
import { expect, test } from 'vitest';
import { searchFor } from './sequence-search.ts';

/** Of two values, so that sequences start alike, overlap and come at the ends. */
const sequence = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(0, 255), { minLength, maxLength }).map((bytes) => Buffer.from(bytes));

test('the search finds what a search for each sequence finds', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(sequence(4, 7), { maxLength: 20 }), sequence(20, 100), (sequences, bytes) => {
      const wanted = sequences.map((each) => ({ bytes: each }));
      const there = wanted.filter((each) => bytes.includes(each.bytes));
      found += there.length;
      expect([...searchFor(wanted)(bytes)].sort(byPlace(wanted))).toEqual(there);
    }),
  );
  expect(found).toBeGreaterThan(50);
});

const byPlace =
  <Wanted>(wanted: readonly Wanted[]) =>
  (one: Wanted, other: Wanted) =>
    wanted.indexOf(one) - wanted.indexOf(other);

test('a sequence that is too short to be looked for is an error', () => {
  expect(() => searchFor([{ bytes: Buffer.from('abc') }])).toThrow('a sequence of 3 bytes: expected 4 at least');
});
