import { ClaimLostError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import type { Claim } from '../repository.ts';
import { type ContractSubject, never } from './contract-subject.ts';

/** What a claim is for: nothing else in these tests. */
function held(claim: Claim | undefined): Claim {
  if (claim === undefined) throw new Error('somebody else has the claim');
  return claim;
}

/** Who works on what. */
export function claimContract({ repository, reopen }: ContractSubject): void {
  test('one worker at a time has a claim, and each later one a higher fence', async () => {
    const { claims } = repository();
    await using a = await claims.join('a', never);
    await using b = await claims.join('b', never);
    expect(await claims.workers(never)).toEqual(['a', 'b']);
    const first = held(await a.claim('D1', never));
    expect(await a.claim('D1', never)).toEqual(first);
    expect(await b.claim('D1', never)).toBeUndefined();
    expect(await claims.claims(never)).toEqual(new Map([['D1', 'a']]));
    await a.release(first, never);
    const second = held(await b.claim('D1', never));
    expect(second.fence).toBeGreaterThan(first.fence);
    await a.release(first, never);
    expect(await claims.claims(never)).toEqual(new Map([['D1', 'b']]));
  });

  test('only who has the claim writes under it, and the next one reads what was written', async () => {
    const { claims } = repository();
    await using a = await claims.join('a', never);
    await using b = await claims.join('b', never);
    const old = held(await a.claim('D1', never));
    expect(await claims.load('D1', never)).toBeUndefined();
    await claims.save(old, 'one', never);
    await a.release(old, never);
    await expect(claims.save(old, 'too late', never)).rejects.toThrow(ClaimLostError);
    const now = held(await b.claim('D1', never));
    await expect(claims.save(old, 'too late', never)).rejects.toThrow(ClaimLostError);
    expect(await claims.load('D1', never)).toEqual({ fence: old.fence, value: 'one' });
    await claims.save(now, 'two', never);
    expect(await claims.load('D1', never)).toEqual({ fence: now.fence, value: 'two' });
  });

  test('a worker that leaves gives everything back', async () => {
    const { claims } = repository();
    const a = await claims.join('a', never);
    await using b = await claims.join('b', never);
    const old = held(await a.claim('D1', never));
    await a.claim('D2', never);
    await a[Symbol.asyncDispose]();
    expect(a.lost.aborted).toBe(true);
    await expect(a.claim('D3', never)).rejects.toThrow(ClaimLostError);
    await expect(claims.save(old, 'too late', never)).rejects.toThrow(ClaimLostError);
    expect(await claims.workers(never)).toEqual(['b']);
    expect(await b.claim('D1', never)).toBeDefined();
    expect(b.lost.aborted).toBe(false);
  });

  test('what a worker had that is gone without a word is free within ten seconds, and its notes are there', async () => {
    const gone = await repository().claims.join('gone', never);
    const old = held(await gone.claim('D1', never));
    await repository().claims.save(old, 'so far', never);
    await reopen();
    const { claims } = repository();
    await using next = await claims.join('next', never);
    const now = await expect
      .poll(() => next.claim('D1', never), { timeout: 10_000, interval: 200 })
      .toBeDefined()
      .then(() => next.claim('D1', never));
    expect(held(now).fence).toBeGreaterThan(old.fence);
    await expect(claims.save(old, 'too late', never)).rejects.toThrow(ClaimLostError);
    expect(await claims.load('D1', never)).toEqual({ fence: old.fence, value: 'so far' });
  });
}
