import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqliteRepository } from '../repositories/sqlite/repository.ts';
import type { EventStore, Repository } from '../repository.ts';
import { type ListQuery, mergeEvents } from './event-merge.ts';
import type { ListPosition } from './page-token.ts';

const never = new AbortController().signal;
const t0 = 1_700_000_000_000;
const detectorIds = ['A', 'B-1', 'B_1', 'a'].sort();
let folder: string;
let repository: Repository;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-merge-'));
  repository = openSqliteRepository({ file: join(folder, 'tdc.sqlite') });
  for (const id of [...detectorIds, 'busy']) {
    await repository.network.putDetector({ id, name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
  }
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const everything: Omit<ListQuery, 'pageSize'> = {
  detectorIds,
  scan: { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, order: 'oldest-first', kinds: [] },
};

async function listAll(query: ListQuery, store: EventStore = repository.events): Promise<readonly DetectionEvent[][]> {
  const pages: DetectionEvent[][] = [];
  let after: ListPosition | undefined;
  do {
    const page = await mergeEvents(store, after === undefined ? query : { ...query, after }, never);
    pages.push([...page.events]);
    after = page.next;
    expect(pages.length).toBeLessThan(3000);
  } while (after !== undefined);
  return pages;
}

const key = ({ id, detectorId, deviceId }: ListPosition): string => `${id} ${detectorId} ${deviceId}`;
const sorted = (events: readonly DetectionEvent[]) =>
  [...events].sort((a, b) => (a.id === b.id ? compareTexts(key(a), key(b)) : compareTexts(a.id, b.id)));
const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

describe('a list of events', () => {
  test('in pages of any size and both orders is the sorted whole, also where ids are the same at several detectors', async () => {
    const sharedIds = Array.from({ length: 4 }, (_, i) => madeUpEvent({ referenceTimeMs: t0 + i }).id);
    const given = fc.record({
      referenceTimeMs: fc.constant(t0),
      detectorId: fc.constantFrom(...detectorIds),
      deviceId: fc.constantFrom('000000', 'aaaaaa', 'ffffff'),
      id: fc.oneof(fc.constantFrom(...sharedIds), fc.constant(undefined)),
    });
    const stored = new Map<string, DetectionEvent>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(given, { maxLength: 20 }),
        fc.integer({ min: 1, max: 25 }),
        fc.constantFrom('oldest-first' as const, 'newest-first' as const),
        async (givens, pageSize, order) => {
          const added = givens.map(({ id, ...rest }) => madeUpEvent(id === undefined ? rest : { ...rest, id }));
          await repository.events.append(added, never);
          for (const event of added) if (!stored.has(key(event))) stored.set(key(event), event);
          const pages = await listAll({ ...everything, scan: { ...everything.scan, order }, pageSize });
          const expected = sorted([...stored.values()]);
          expect(pages.flat().map(key)).toEqual((order === 'oldest-first' ? expected : expected.reverse()).map(key));
          for (const page of pages.slice(0, -1)) expect(page).toHaveLength(pageSize);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('of no detectors is empty', async () => {
    expect(await listAll({ ...everything, detectorIds: [], pageSize: 10 })).toEqual([[]]);
  });

  test('ends a page early when what passes is rare, and goes on from there', async () => {
    const ordinary = Array.from({ length: 400 }, (_, i) =>
      madeUpEvent({ detectorId: 'busy', referenceTimeMs: t0 + i, deviceId: 'facade' }),
    );
    const rare = [0, 399].map((i) =>
      madeUpEvent({ detectorId: 'busy', referenceTimeMs: t0 + i, kind: 'anpr', deviceId: 'facade' }),
    );
    await repository.events.append([...ordinary, ...rare], never);
    let scans = 0;
    const oneAtATime = async (...[scan, signal]: Parameters<EventStore['scan']>) => {
      scans++;
      const { events, next } = await repository.events.scan({ ...scan, kinds: [], limit: 1 }, signal);
      return { events: events.filter(({ kind }) => kind === 'anpr'), ...(next === undefined ? {} : { next }) };
    };
    const store: EventStore = {
      append: (events, signal) => repository.events.append(events, signal),
      follow: (cursor, signal) => repository.events.follow(cursor, signal),
      removeBefore: (detectorId, timeMs, signal) => repository.events.removeBefore(detectorId, timeMs, signal),
      scan: oneAtATime,
    };
    for (const order of ['oldest-first', 'newest-first'] as const) {
      scans = 0;
      const scan = { ...everything.scan, order, deviceId: 'facade' };
      const pages = await listAll({ detectorIds: ['A', 'busy'], scan, pageSize: 5 }, store);
      expect(pages.flat()).toEqual(order === 'oldest-first' ? sorted(rare) : sorted(rare).reverse());
      expect(pages.length).toBeGreaterThan(5);
      expect(scans / pages.length).toBeLessThanOrEqual(2 + 64);
    }
  });
});
