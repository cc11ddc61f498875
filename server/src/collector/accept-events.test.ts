import { InvalidInputError, PreconditionError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventTimeMsMax } from '@tdc/shared/event-id.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { Repository } from '../repository.ts';
import { recordBatch } from './accept-events.ts';
import type { CollectorContext } from './context.ts';
import { KnownDetectors } from './known-detectors.ts';

const never = new AbortController().signal;
const now = 1_700_000_000_000;
const dayMs = 86_400_000;
let repository: Repository;
let clock: ManualClock;
let context: CollectorContext;

beforeEach(async () => {
  repository = await temporaryRepository(['D1', 'D2']);
  clock = new ManualClock(now);
  context = {
    repository,
    clock,
    detectors: new KnownDetectors(repository.network, clock),
    eventTimes: { ageDaysMax: 31, aheadSecondsMax: 300 },
    shutdown: never,
  };
});
afterEach(() => repository[Symbol.asyncDispose]());

const record = (events: readonly DetectionEvent[]) =>
  recordBatch(context, { type: 'local' }, events.map(eventToWire), never);

async function stored(): Promise<readonly DetectionEvent[]> {
  const scan = { detectorId: 'D1', fromMs: 0, toMs: 2 ** 48, order: 'oldest-first', limit: 1000, kinds: [] } as const;
  return (await repository.events.scan(scan, never)).events;
}

describe('a batch', () => {
  test('is recorded without its bad events, each of which is named with its place, field and problem', async () => {
    const good = [madeUpEvent({ referenceTimeMs: now }), madeUpEvent({ referenceTimeMs: now + 1 })];
    const noDevice = madeUpEvent({ referenceTimeMs: now, deviceId: 'NOT HEX' });
    const wrongTime = { ...madeUpEvent({ referenceTimeMs: now }), id: madeUpEvent({ referenceTimeMs: now - 1 }).id };
    expect(await record([noDevice, ...good, wrongTime])).toEqual({
      recorded: 2,
      rejected: [
        { index: 0, field: 'device_id', message: expect.stringContaining('hexadecimal') },
        { index: 3, field: 'id', message: expect.stringContaining('expected that of reference_time_ns') },
      ],
    });
    expect(await stored()).toEqual(good);
  });

  test('may hold events as old and as far ahead as is set, to the millisecond', async () => {
    const times = [now - 31 * dayMs, now + 300_000, now - 31 * dayMs - 1, now + 300_001, eventTimeMsMax - 40_000];
    const { recorded, rejected } = await record(times.map((referenceTimeMs) => madeUpEvent({ referenceTimeMs })));
    expect(recorded).toBe(2);
    expect(rejected.map(({ index, field }) => [index, field])).toEqual([
      [2, 'reference_time_ns'],
      [3, 'reference_time_ns'],
      [4, 'reference_time_ns'],
    ]);
    expect(rejected[0]?.message).toContain("server's clock says 2023-11-14T22:13:20.000Z");
  });

  test('of no events or of more than a thousand is refused', async () => {
    await expect(record([])).rejects.toThrow(InvalidInputError);
    const event = madeUpEvent({ referenceTimeMs: now });
    await expect(record(new Array(1001).fill(event))).rejects.toThrow(expect.objectContaining({ field: 'events' }));
    expect(await record(new Array(1000).fill(event))).toEqual({ recorded: 1000, rejected: [] });
    expect(await stored()).toEqual([event]);
  });

  test('with an unknown detector is refused as a whole, naming the event and what to do', async () => {
    const known = madeUpEvent({ referenceTimeMs: now });
    const unknown = madeUpEvent({ referenceTimeMs: now, detectorId: 'D9' });
    const refused = record([known, unknown]);
    await expect(refused).rejects.toThrow(PreconditionError);
    await expect(refused).rejects.toThrow(/D9 is not in the network.*tdc network apply/);
    await expect(refused).rejects.toThrow(expect.objectContaining({ field: 'events[1].detector_id' }));
    expect(await stored()).toEqual([]);
  });

  test('of a detector that was just added is taken, and of one that was just removed is not', async () => {
    await record([madeUpEvent({ referenceTimeMs: now })]);
    const position = { type: 'plane', xM: 0, yM: 0 } as const;
    await repository.network.putDetector({ id: 'D3', name: '', position }, never);
    await record([madeUpEvent({ referenceTimeMs: now, detectorId: 'D3' })]);
    await repository.network.deleteDetector('D3', never);
    const late = () => record([madeUpEvent({ referenceTimeMs: now, detectorId: 'D3' })]);
    await expect(late()).rejects.toThrow(PreconditionError);
    await clock.advance(1001);
    await expect(late()).rejects.toThrow(expect.objectContaining({ field: 'events[0].detector_id' }));
  });
});
