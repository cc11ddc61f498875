import { ClaimLostError, PreconditionError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import type { Claim, EstimateScan, PublishedEstimate, WorkerSession } from '../repository.ts';
import { type ContractSubject, never } from './contract-subject.ts';
import { madeUpEstimate } from './made-up-estimate.ts';

async function claimOn(session: WorkerSession, name: string): Promise<Claim> {
  const claim = await session.claim(name, never);
  if (claim === undefined) throw new Error(`somebody else has ${name}`);
  return claim;
}

/** The published travel times. */
export function estimateContract({ repository, reopen }: ContractSubject): void {
  const all = async (given: Partial<EstimateScan> = {}) => {
    const base = { fromDetectorId: 'D1', toDetectorId: 'D2', fromMs: 0, toMs: 2 ** 48 } as const;
    const scan = { ...base, order: 'oldest-first', limit: 1000, revisions: 'last', ...given } as const;
    return repository().estimates.scan(scan, never);
  };

  test('estimates are there by minute, as they were published, for each link', async () => {
    await repository().network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 }, never);
    await repository().network.putLink({ fromDetectorId: 'D3', toDetectorId: 'D2', maxSeconds: 600 }, never);
    const nothing = { samples: 0, status: 'no_data', clockOffsetS: -95 } as const;
    const [first, second] = [madeUpEstimate(0), madeUpEstimate(1, { estimate: nothing })];
    const other = madeUpEstimate(1, { fromDetectorId: 'D3' });
    {
      await using session = await repository().claims.join('a', never);
      const claim = await claimOn(session, 'D2');
      await repository().estimates.publish(claim, [first], [first], never);
      await repository().estimates.publish(claim, [second, other], [second, other], never);
      await repository().estimates.publish(claim, [second, other], [second, other], never);
    }
    await reopen();
    expect(await all()).toEqual({ estimates: [first, second], more: false });
    expect(await all({ fromDetectorId: 'D3' })).toEqual({ estimates: [other], more: false });
    expect(await all({ toDetectorId: 'D3' })).toEqual({ estimates: [], more: false });
    expect(await repository().estimates.newest(never)).toEqual([second, other]);
  });

  test('a later revision stands in for the earlier, which can still be read', async () => {
    await using session = await repository().claims.join('a', never);
    const claim = await claimOn(session, 'D2');
    const [one, next] = [madeUpEstimate(0), madeUpEstimate(1)];
    const two = madeUpEstimate(0, { revision: 2, estimate: { samples: 1, status: 'sparse', ageS: 3 } });
    await repository().estimates.publish(claim, [one, next], [next], never);
    await repository().estimates.publish(claim, [two], [next], never);
    expect((await all()).estimates).toEqual([two, next]);
    expect((await all({ revisions: 'all' })).estimates).toEqual([one, two, next]);
    expect((await all({ revisions: 'all', order: 'newest-first' })).estimates).toEqual([next, one, two]);
  });

  test('what was published stays: nothing is written in its place, while another link may come beside it', async () => {
    await using session = await repository().claims.join('a', never);
    const claim = await claimOn(session, 'D2');
    const [one, other] = [madeUpEstimate(0), madeUpEstimate(0, { fromDetectorId: 'D3' })];
    const different = madeUpEstimate(0, { estimate: { samples: 1, status: 'sparse', ageS: 3 } });
    await repository().estimates.publish(claim, [one], [one], never);
    await expect(
      repository().estimates.publish(claim, [madeUpEstimate(1), different], [madeUpEstimate(1)], never),
    ).rejects.toThrow(
      new PreconditionError(
        'revision 1 of the travel time from D1 to D2 at 2023-11-14T22:14:00.000Z is published already, and says something else',
      ),
    );
    expect((await all()).estimates[0]).toEqual(one);
    await repository().estimates.publish(claim, [other], [one, other], never);
    expect((await all()).estimates[0]).toEqual(one);
    expect((await all({ fromDetectorId: 'D3' })).estimates).toEqual([other]);
  });

  test('estimates come in pages in both directions, and of a time range', async () => {
    await using session = await repository().claims.join('a', never);
    const claim = await claimOn(session, 'D2');
    const minutes = Array.from({ length: 1200 }, (_, minute) => madeUpEstimate(minute));
    await repository().estimates.publish(claim, minutes, minutes.slice(-1), never);
    for (const order of ['oldest-first', 'newest-first'] as const) {
      const found: PublishedEstimate[] = [];
      let [fromMs, toMs, more] = [0, 2 ** 48, true];
      for (let pages = 0; more && pages < 10; pages++) {
        const page = await all({ order, limit: 250, fromMs, toMs });
        found.push(...page.estimates);
        more = page.more;
        if (order === 'oldest-first') fromMs = (page.estimates.at(-1)?.timeMs ?? 0) + 1;
        else toMs = page.estimates.at(-1)?.timeMs ?? 0;
      }
      expect(found).toEqual(order === 'oldest-first' ? minutes : minutes.toReversed());
      const [from, to] = [minutes[7], minutes[9]];
      const part = await all({ order, fromMs: from?.timeMs ?? 0, toMs: to?.timeMs ?? 0 });
      expect(new Set(part.estimates)).toEqual(new Set(minutes.slice(7, 9)));
    }
    await repository().estimates.removeBefore('D2', minutes[1190]?.timeMs ?? 0, never);
    expect((await all()).estimates).toEqual(minutes.slice(1190));
    expect((await all({ order: 'newest-first' })).estimates).toEqual(minutes.slice(1190).toReversed());
  });

  test('who has lost the claim publishes nothing', async () => {
    await using session = await repository().claims.join('a', never);
    const claim = await claimOn(session, 'D2');
    await session.release(claim, never);
    await expect(
      repository().estimates.publish(claim, [madeUpEstimate(0)], [madeUpEstimate(0)], never),
    ).rejects.toThrow(ClaimLostError);
    expect((await all()).estimates).toEqual([]);
  });
}
