import { expect } from 'vitest';
import type { EnrollingNetwork } from '../src/harness/enrolling-network.ts';
import { until } from '../src/harness/until.ts';
import type { FieldWorld } from './field-world.ts';

/** An event as the centre's client prints it. */
export interface StoredEvent {
  readonly id: string;
  readonly device_id: string;
  readonly detector_id: string;
}

export async function storedEvents(network: EnrollingNetwork, detectorId: string): Promise<readonly StoredEvent[]> {
  const lines = await network.tdc(
    ...['events', '--detector', detectorId, '--from', '-5d', '--limit', '0', '--output', 'ndjson'],
  );
  return lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as StoredEvent]));
}

/** Waits until the centre has more than so many events of the detector. */
export async function moreStored(
  { box, network }: FieldWorld,
  detectorId: string,
  than: number,
): Promise<readonly StoredEvent[]> {
  const waiting = until(
    `more than ${than} events of ${detectorId} at the centre`,
    async () => {
      const events = await storedEvents(network, detectorId);
      return events.length > than ? events : undefined;
    },
    { timeoutMs: 600_000, pollMs: 1000 },
  );
  return waiting.catch(async (error: Error) => {
    throw new Error(`${error.message}\n${JSON.stringify(await box.status())}\n${await box.journal()}`);
  });
}

/** Waits until nothing is on its way. All that was ever made is accounted for then: by the agent, by the centre, and by the memory of the outbox. */
export async function expectConservation({ box, network }: FieldWorld, detectorId: string, atLeast = 1): Promise<void> {
  const { events } = await box.reports(
    'an empty outbox',
    ({ events: { acknowledged, in_outbox: waiting } }) => waiting === 0 && acknowledged >= atLeast,
    600_000,
  );
  const dropped = Object.values(events.dropped).reduce((sum, count) => sum + count, 0);
  const stored = (await storedEvents(network, detectorId)).map(({ id }) => id);
  const committed = await box.committedIds();
  console.log(
    `${detectorId}: made ${events.made}, acknowledged ${events.acknowledged}, dropped ${dropped}, at the centre ${stored.length}, of ${committed.length} committed since it is watched`,
  );
  expect(events.made).toBe(events.acknowledged + events.in_outbox + dropped);
  expect(dropped).toBe(0);
  expect(new Set(stored).size).toBe(stored.length);
  expect(stored).toHaveLength(events.acknowledged);
  expect(new Set(committed).size).toBe(committed.length);
  const arrived = new Set(stored);
  expect(committed.filter((id) => !arrived.has(id))).toEqual([]);
}
