import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Detector } from '@tdc/shared/network.ts';
import { expect } from 'vitest';
import type { EventPosition, EventScan, Repository } from '../repository.ts';

/** A fresh, empty repository, and the way to leave it and come back as another process would. */
export interface RepositoryUnderTest extends AsyncDisposable {
  readonly repository: Repository;
  reopen(): Promise<Repository>;
}

/** What the suites work on: the repository of the test, with detectors D1 to D3. */
export interface ContractSubject {
  repository(): Repository;
  /** Leaves the repository and opens it again. */
  reopen(): Promise<void>;
  /** Another repository, empty, besides. */
  fresh(): Promise<RepositoryUnderTest>;
}

export const t0 = 1_700_000_000_000;
export const never = new AbortController().signal;
export const detector = (id: string): Detector => ({
  id,
  name: `at ${id}`,
  position: { type: 'plane', xM: 1.5, yM: -2 },
});

/** All pages of a scan. Fails when one is longer than asked or when it does not end. */
export async function allEvents(repository: Repository, given: Partial<EventScan>): Promise<readonly DetectionEvent[]> {
  const scan: EventScan = {
    detectorId: 'D1',
    fromMs: 0,
    toMs: 2 ** 48,
    order: 'oldest-first',
    limit: 1000,
    kinds: [],
    ...given,
  };
  const found: DetectionEvent[] = [];
  let after: EventPosition | undefined;
  for (let pages = 0; pages < 5000; pages++) {
    const { events, next } = await repository.events.scan(after === undefined ? scan : { ...scan, after }, never);
    expect(events.length).toBeLessThanOrEqual(scan.limit);
    found.push(...events);
    if (next === undefined) return found;
    after = next;
  }
  throw new Error('the scan does not end');
}
