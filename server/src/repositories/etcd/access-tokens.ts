import { LimitError, NotFoundError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { roles } from '../../access/principal.ts';
import { type AccessToken, type AccessTokenStore, accessTokensMax } from '../../access-token-store.ts';
import { type EtcdConnection, exists, isAbsent, type Pair, put, remove, unchangedSince } from './connection.ts';
import { jsonOf } from './event-value.ts';
import { behind, type Keys } from './keys.ts';

const pageKeys = 1000;
/** Tries of a revocation that another overtakes. */
const triesMax = 5;

const valueSchema = z.object({
  hash: z.string(),
  name: z.string(),
  role: z.enum(roles),
  created_at_ms: z.number(),
  expires_at_ms: z.number(),
  revoked_at_ms: z.number().optional(),
});

/** A token is one key; when it was last used is another, so that noting that never overtakes a revocation. */
export class EtcdAccessTokenStore implements AccessTokenStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;

  constructor(connection: EtcdConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async add(token: AccessToken, signal: AbortSignal): Promise<void> {
    if ((await this.list(signal)).length >= accessTokensMax) {
      throw new LimitError(`there are ${accessTokensMax} tokens: expected fewer; expired ones go after 30 days`);
    }
    const key = this.#keys.accessToken(token.id);
    const uses =
      token.lastUsedAtMs === undefined ? [] : [put(this.#keys.accessTokenUse(token.id), String(token.lastUsedAtMs))];
    const { succeeded } = await this.#connection.transact(
      { compare: [isAbsent(key)], success: [put(key, valueOfToken(token)), ...uses] },
      signal,
    );
    if (!succeeded) throw new PreconditionError(`there is a token ${token.id} already`);
  }

  /** A member that is cut off from the majority answers with what it has: who calls it reads no more than that either, and writes nothing. */
  async find(id: string, signal: AbortSignal): Promise<AccessToken | undefined> {
    const key = this.#keys.accessToken(id);
    const range = { from: key, to: behind(key) };
    const { pairs } = await this.#connection.range(range, { limit: 1, consistency: 'best' }, signal);
    return pairs[0] === undefined ? undefined : this.#tokenOf(pairs[0]);
  }

  async list(signal: AbortSignal): Promise<readonly AccessToken[]> {
    const tokens = await this.#connection.all(this.#keys.family('access-tokens'), pageKeys, signal);
    const uses = await this.#connection.all(this.#keys.family('access-token-uses'), pageKeys, signal);
    const usedAtMs = new Map(
      uses.map(({ key, value }) => [this.#keys.parts('access-token-uses', key)[0], Number(value)]),
    );
    return tokens.flatMap((pair) => {
      const token = this.#tokenOf(pair);
      if (token === undefined) return [];
      const lastUsedAtMs = usedAtMs.get(token.id);
      return lastUsedAtMs === undefined ? [token] : [{ ...token, lastUsedAtMs }];
    });
  }

  async revoke(id: string, atMs: number, signal: AbortSignal): Promise<void> {
    const key = this.#keys.accessToken(id);
    for (let tries = 0; tries < triesMax; tries++) {
      const pair = await this.#connection.get(key, signal);
      const token = pair === undefined ? undefined : this.#tokenOf(pair);
      if (pair === undefined || token === undefined) {
        throw new NotFoundError(`there is no token ${id}`, { field: 'id' });
      }
      if (token.revokedAtMs !== undefined) return;
      const { succeeded } = await this.#connection.transact(
        {
          compare: [unchangedSince(key, pair.modRevision)],
          success: [put(key, valueOfToken({ ...token, revokedAtMs: atMs }))],
        },
        signal,
      );
      if (succeeded) return;
    }
    throw new UnavailableError(`token ${id} is being changed by others: given up after ${triesMax} tries`);
  }

  async noteUse(id: string, atMs: number, signal: AbortSignal): Promise<void> {
    await this.#connection.transact(
      {
        compare: [exists(this.#keys.accessToken(id))],
        success: [put(this.#keys.accessTokenUse(id), String(atMs))],
      },
      signal,
    );
  }

  async removeExpired(beforeMs: number, signal: AbortSignal): Promise<void> {
    for (const { id, expiresAtMs } of await this.list(signal)) {
      if (expiresAtMs >= beforeMs) continue;
      const success = [remove(this.#keys.accessToken(id)), remove(this.#keys.accessTokenUse(id))];
      await this.#connection.transact({ compare: [], success }, signal);
    }
  }

  /** Undefined for what is none. */
  #tokenOf({ key, value }: Pair): AccessToken | undefined {
    const [id = ''] = this.#keys.parts('access-tokens', key);
    const parsed = valueSchema.safeParse(jsonOf(value));
    if (!parsed.success) return undefined;
    const { hash, name, role, created_at_ms, expires_at_ms, revoked_at_ms } = parsed.data;
    const token = { id, hash, name, role, createdAtMs: created_at_ms, expiresAtMs: expires_at_ms };
    return revoked_at_ms === undefined ? token : { ...token, revokedAtMs: revoked_at_ms };
  }
}

function valueOfToken({ hash, name, role, createdAtMs, expiresAtMs, revokedAtMs }: AccessToken): string {
  return JSON.stringify({
    hash,
    name,
    role,
    created_at_ms: createdAtMs,
    expires_at_ms: expiresAtMs,
    revoked_at_ms: revokedAtMs,
  });
}
