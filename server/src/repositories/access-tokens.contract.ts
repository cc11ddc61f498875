import { LimitError, NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import { type AccessToken, accessTokensMax } from '../access-token-store.ts';
import { type ContractSubject, never, t0 } from './contract-subject.ts';

const hashOf = (n: number): string => n.toString(16).padStart(16, '0').padEnd(64, 'f');
const token = (n: number, given: Partial<AccessToken> = {}): AccessToken => ({
  id: hashOf(n).slice(0, 16),
  hash: hashOf(n),
  name: `someone-${n}`,
  role: 'viewer',
  createdAtMs: t0,
  expiresAtMs: t0 + 1000,
  ...given,
});

/** Operators' tokens. */
export function accessTokenContract({ repository, reopen }: ContractSubject): void {
  test('tokens are kept as they are added, and found by their id', async () => {
    const { accessTokens } = repository();
    const [a, b] = [token(1, { role: 'admin' }), token(2, { revokedAtMs: t0 + 5, lastUsedAtMs: t0 + 3 })];
    for (const each of [b, a]) await accessTokens.add(each, never);
    await expect(accessTokens.add({ ...a, role: 'viewer' }, never)).rejects.toThrow(PreconditionError);
    await reopen();
    expect(await repository().accessTokens.list(never)).toEqual([a, b]);
    expect(await repository().accessTokens.find(a.id, never)).toEqual(a);
    expect(await repository().accessTokens.find(token(3).id, never)).toBeUndefined();
  });

  test('a token is revoked once: the first time stays, whatever is noted of its use', async () => {
    const { accessTokens } = repository();
    const { id } = token(1);
    await accessTokens.add(token(1), never);
    await accessTokens.revoke(id, t0 + 10, never);
    await accessTokens.revoke(id, t0 + 20, never);
    await accessTokens.noteUse(id, t0 + 30, never);
    await reopen();
    expect(await repository().accessTokens.list(never)).toEqual([
      token(1, { revokedAtMs: t0 + 10, lastUsedAtMs: t0 + 30 }),
    ]);
    await expect(repository().accessTokens.revoke(token(2).id, t0, never)).rejects.toThrow(NotFoundError);
  });

  test('noting the use of a token that is not there makes none', async () => {
    const { accessTokens } = repository();
    await accessTokens.noteUse(token(1).id, t0, never);
    await accessTokens.add(token(1), never);
    expect(await accessTokens.list(never)).toEqual([token(1)]);
  });

  test('tokens that expired before a time go with all that is noted of them, and no others', async () => {
    const { accessTokens } = repository();
    for (const [n, expiresAtMs] of [t0 - 1, t0, t0 + 1].entries())
      await accessTokens.add(token(n, { expiresAtMs }), never);
    await accessTokens.noteUse(token(0).id, t0, never);
    await accessTokens.removeExpired(t0, never);
    await accessTokens.removeExpired(t0, never);
    expect((await accessTokens.list(never)).map(({ id }) => id)).toEqual([token(1).id, token(2).id]);
    await accessTokens.add(token(0), never);
    expect((await accessTokens.list(never))[0]).toEqual(token(0));
  });

  test('there are never more than the limit', async () => {
    const { accessTokens } = repository();
    for (let n = 0; n < accessTokensMax; n++) await accessTokens.add(token(n), never);
    await expect(accessTokens.add(token(accessTokensMax), never)).rejects.toThrow(LimitError);
    expect(await accessTokens.list(never)).toHaveLength(accessTokensMax);
  });
}
