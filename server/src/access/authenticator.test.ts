import { LimitError, UnauthenticatedError } from '@tdc/shared/errors.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { Repository } from '../repository.ts';
import { Authenticator, type AuthenticatorOptions, type Credentials } from './authenticator.ts';
import { KnownTokens } from './known-tokens.ts';
import { hashedToken, newToken } from './token.ts';
import { createToken } from './token-admin.ts';

const never = new AbortController().signal;
const now = 1_700_000_000_000;
let repository: Repository;
let clock: ManualClock;

beforeEach(async () => {
  repository = await temporaryRepository();
  clock = new ManualClock(now);
});
afterEach(() => repository[Symbol.asyncDispose]());

/** A server of its own over the shared repository. */
function server(isRevoked: AuthenticatorOptions['isRevoked'] = async () => false) {
  const store = repository.accessTokens;
  const logger = createLogger({ level: 'silent' });
  const tokens = new KnownTokens({ store, clock, logger, shutdown: never });
  const authenticator = new Authenticator({ tokens, clock, isRevoked });
  return {
    authenticator,
    tokens,
    identify: (given: Partial<Credentials>) =>
      authenticator.identify(
        {
          peer: { type: 'anonymous' },
          address: '192.0.2.1',
          certificate: undefined,
          authorization: undefined,
          ...given,
        },
        never,
      ),
  };
}

const madeToken = () =>
  createToken(repository.accessTokens, clock, { name: 'ann', role: 'viewer', seconds: 60 }, never);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const certificate = { detectorId: 'D1', serial: '0a', validToMs: now + 1000 };

test('a token that is revoked at another server is refused within five seconds, and at the server itself at once', async () => {
  const { token, kept } = await madeToken();
  const [here, there] = [server(), server()];
  for (const each of [here, there]) {
    expect(await each.identify(bearer(token))).toEqual({
      type: 'operator',
      name: 'ann',
      role: 'viewer',
      tokenId: kept.id,
    });
  }
  await repository.accessTokens.revoke(kept.id, now, never);
  here.tokens.forget(kept.id);
  await expect(here.identify(bearer(token))).rejects.toThrow('revoked');
  await clock.advance(5000);
  await expect(there.identify(bearer(token))).rejects.toThrow('revoked');
});

test('a token ends at its time, whatever is remembered of it', async () => {
  const { token } = await madeToken();
  const { identify } = server();
  await clock.advance(59_999);
  await identify(bearer(token));
  await clock.advance(1);
  await expect(identify(bearer(token))).rejects.toThrow('it expired at 2023-11-14T22:14:20.000Z');
});

test('the use of a token is written once an hour, not with each call', async () => {
  const { token, kept } = await createToken(
    repository.accessTokens,
    clock,
    { name: 'ann', role: 'viewer', seconds: 86_400 },
    never,
  );
  const { identify } = server();
  const usedAtMs = async () => (await repository.accessTokens.find(kept.id, never))?.lastUsedAtMs;
  await identify(bearer(token));
  await expect.poll(usedAtMs).toBe(now);
  await clock.advance(3_599_999);
  await identify(bearer(token));
  expect(await usedAtMs()).toBe(now);
  await clock.advance(1);
  await identify(bearer(token));
  await expect.poll(usedAtMs).toBe(now + 3_600_000);
});

test('of two tokens whose ids are the same one does not stand for the other', async () => {
  const other = newToken();
  const { token, kept } = await madeToken();
  await repository.accessTokens.add({ ...kept, ...hashedToken(other), hash: kept.hash }, never);
  await expect(server().identify(bearer(other))).rejects.toThrow('there is no such token');
  await server().identify(bearer(token));
});

test('a certificate is looked at with each call: that it is still valid, and not taken back', async () => {
  const revoked = new Set<string>();
  const { identify } = server(async ({ serial }) => revoked.has(serial));
  const shown = { peer: { type: 'certified' as const }, certificate };
  expect(await identify(shown)).toEqual({ type: 'detector', detectorId: 'D1', serial: '0a' });
  revoked.add('0a');
  await expect(identify(shown)).rejects.toThrow(UnauthenticatedError);
  revoked.clear();
  await clock.advance(1000);
  await expect(identify(shown)).rejects.toThrow('has expired');
  await expect(identify({ ...shown, certificate: { ...certificate, validToMs: Number.NaN } })).rejects.toThrow(
    'expired',
  );
});

test('in plain text everybody is local, and a token that came from elsewhere is told to be lost', async () => {
  const { identify } = server();
  const peer = { type: 'plaintext' as const };
  const { token } = await madeToken();
  expect(await identify({ peer })).toEqual({ type: 'local' });
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    expect(await identify({ peer, address, ...bearer(token) })).toEqual({ type: 'local' });
  }
  await expect(identify({ peer, ...bearer(token) })).rejects.toThrow(/plain text.*Revoke it/);
});

test('after many failures an address waits, unless its token is known; other addresses do not', async () => {
  const { token } = await madeToken();
  const { authenticator, identify } = server();
  await identify(bearer(token));
  const guess = async () => {
    const error = await identify(bearer(newToken())).catch((reason: unknown) => reason);
    return error instanceof UnauthenticatedError ? authenticator.failure(error, '192.0.2.1') : error;
  };
  const answers = await Promise.all(Array.from({ length: 40 }, guess));
  expect(answers.filter((answer) => answer instanceof UnauthenticatedError)).toHaveLength(30);
  expect(answers.at(-1)).toBeInstanceOf(LimitError);
  expect(await guess()).toMatchObject({ name: 'LimitError', retryAfterMs: 1000 });
  await identify(bearer(token));
  await expect(identify({ ...bearer(newToken()), address: '192.0.2.2' })).rejects.toThrow('no such token');
  await clock.advance(1000);
  expect(await guess()).toBeInstanceOf(UnauthenticatedError);
});
