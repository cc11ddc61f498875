import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import type { Detector, Link } from '@tdc/shared/network.ts';
import { expect, test } from 'vitest';
import { allEvents, type ContractSubject, detector, never, t0 } from './contract-subject.ts';

/** Detectors and links. */
export function networkContract({ repository, reopen }: ContractSubject): void {
  test('detectors and links are kept in order, replaced, and there after reopening', async () => {
    const { network } = repository();
    const berlin: Detector = { id: 'D2', name: 'Brücke', position: { type: 'geo', latitude: 52.5, longitude: 13.4 } };
    await network.putDetector(berlin, never);
    const there: Link = {
      ...{ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600, lengthM: 1234.5 },
      ...{ freeFlowSeconds: 90.5, estimator: 'mad' },
    };
    const back: Link = { fromDetectorId: 'D2', toDetectorId: 'D1', maxSeconds: 60 };
    const far: Link = { fromDetectorId: 'D1', toDetectorId: 'D3', maxSeconds: 86_400 };
    for (const link of [back, far, { ...there, maxSeconds: 1 }, there]) await network.putLink(link, never);
    await reopen();
    expect(await repository().network.detectors(never)).toEqual([detector('D1'), berlin, detector('D3')]);
    expect(await repository().network.links(never)).toEqual([there, far, back]);
    await repository().network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 }, never);
    await repository().network.deleteLink('D2', 'D1', never);
    expect(await repository().network.links(never)).toEqual([
      { fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 },
      far,
    ]);
  });

  test('a link to an unknown detector is refused, from either end', async () => {
    const { network } = repository();
    for (const [fromDetectorId, toDetectorId] of [
      ['D1', 'D9'],
      ['D9', 'D1'],
    ] as const) {
      await expect(network.putLink({ fromDetectorId, toDetectorId, maxSeconds: 1 }, never)).rejects.toThrow(
        PreconditionError,
      );
    }
    expect(await network.links(never)).toEqual([]);
  });

  test('a detector goes with its status and its events, and not while a link needs it', async () => {
    const { network, events, statuses } = repository();
    await events.append([madeUpEvent(), madeUpEvent({ detectorId: 'D2' })], never);
    await statuses.put({ status: AgentStatus.fromPartial({ detectorId: 'D1' }), reportedAtMs: 1 }, never);
    await network.putLink({ fromDetectorId: 'D3', toDetectorId: 'D1', maxSeconds: 1 }, never);
    await expect(network.deleteDetector('D1', never)).rejects.toThrow(PreconditionError);
    expect(await allEvents(repository(), {})).toHaveLength(1);
    await network.deleteLink('D3', 'D1', never);
    await network.deleteDetector('D1', never);
    await network.putDetector(detector('D1'), never);
    expect(await allEvents(repository(), {})).toEqual([]);
    expect(await allEvents(repository(), { detectorId: 'D2' })).toHaveLength(1);
    expect(await statuses.list(never)).toEqual([]);
  });

  test('no event is left behind when a detector goes while events of it come', async () => {
    const { network, events } = repository();
    const batches = Array.from({ length: 20 }, () => Array.from({ length: 300 }, () => madeUpEvent()));
    await Promise.allSettled([
      ...batches.slice(0, 10).map((batch) => events.append(batch, never)),
      network.deleteDetector('D1', never),
      ...batches.slice(10).map((batch) => events.append(batch, never)),
    ]);
    expect((await network.detectors(never)).map(({ id }) => id)).toEqual(['D2', 'D3']);
    await expect(events.append([madeUpEvent()], never)).rejects.toThrow(PreconditionError);
    expect(await allEvents(repository(), {})).toEqual([]);
  });

  test('what is not there cannot be removed', async () => {
    const { network } = repository();
    await expect(network.deleteDetector('D9', never)).rejects.toThrow(NotFoundError);
    await expect(network.deleteLink('D1', 'D2', never)).rejects.toThrow(NotFoundError);
  });
}

/** What agents report, and whether the repository is well. */
export function statusContract({ repository, reopen }: ContractSubject): void {
  test('the last status of each known detector is kept', async () => {
    const of = (detectorId: string, openPassages: number) => ({
      status: AgentStatus.fromPartial({ detectorId, openPassages, takenAtNs: 1_700_000_000_123_456_789n }),
      reportedAtMs: t0 + openPassages,
    });
    const { statuses } = repository();
    for (const status of [of('D2', 1), of('D1', 2), of('D2', 3)]) await statuses.put(status, never);
    await expect(statuses.put(of('D9', 4), never)).rejects.toThrow(PreconditionError);
    await reopen();
    expect(await repository().statuses.list(never)).toEqual([of('D1', 2), of('D2', 3)]);
    expect(await repository().statuses.get('D2', never)).toEqual(of('D2', 3));
    expect(await repository().statuses.get('D3', never)).toBeUndefined();
  });

  test('it answers that it is well', async () => {
    await repository().ping(never);
    await reopen();
    await repository().ping(never);
  });
}
