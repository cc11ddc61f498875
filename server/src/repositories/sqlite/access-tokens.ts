import { LimitError, NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import type { Database } from 'better-sqlite3';
import type { Role } from '../../access/principal.ts';
import { type AccessToken, type AccessTokenStore, accessTokensMax } from '../../access-token-store.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

interface TokenRow {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  /** The table takes no other. */
  readonly role: Role;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly revoked_at_ms: number | null;
  readonly last_used_at_ms: number | null;
}

export class SqliteAccessTokenStore implements AccessTokenStore {
  readonly #file: string;
  readonly #statements: ReturnType<typeof prepare>;

  constructor({ database, file }: OpenDatabase) {
    this.#file = file;
    this.#statements = prepare(database);
  }

  async add(token: AccessToken, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { count, find, add } = this.#statements;
    guarded(this.#file, 'storing a token', () => {
      if ((count.get()?.n ?? 0) >= accessTokensMax) {
        throw new LimitError(`there are ${accessTokensMax} tokens: expected fewer; expired ones go after 30 days`);
      }
      if (find.get(token.id) !== undefined) throw new PreconditionError(`there is a token ${token.id} already`);
      const { id, hash, name, role, createdAtMs, expiresAtMs, revokedAtMs, lastUsedAtMs } = token;
      add.run(id, hash, name, role, createdAtMs, expiresAtMs, revokedAtMs ?? null, lastUsedAtMs ?? null);
    });
  }

  async find(id: string, signal: AbortSignal): Promise<AccessToken | undefined> {
    signal.throwIfAborted();
    const row = guarded(this.#file, 'reading a token', () => this.#statements.find.get(id));
    return row === undefined ? undefined : tokenOfRow(row);
  }

  async list(signal: AbortSignal): Promise<readonly AccessToken[]> {
    signal.throwIfAborted();
    return guarded(this.#file, 'reading tokens', () => this.#statements.list.all()).map(tokenOfRow);
  }

  async revoke(id: string, atMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { changes } = guarded(this.#file, 'revoking a token', () => this.#statements.revoke.run(atMs, id));
    if (changes === 0) throw new NotFoundError(`there is no token ${id}`, { field: 'id' });
  }

  async noteUse(id: string, atMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    guarded(this.#file, 'noting the use of a token', () => this.#statements.noteUse.run(atMs, id));
  }

  async removeExpired(beforeMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    guarded(this.#file, 'removing old tokens', () => this.#statements.removeExpired.run(beforeMs));
  }
}

function prepare(database: Database) {
  return {
    count: database.prepare<[], { n: number }>('SELECT count(*) AS n FROM access_tokens'),
    add: database.prepare('INSERT INTO access_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    find: database.prepare<[string], TokenRow>('SELECT * FROM access_tokens WHERE id = ?'),
    list: database.prepare<[], TokenRow>('SELECT * FROM access_tokens ORDER BY id'),
    revoke: database.prepare('UPDATE access_tokens SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE id = ?'),
    noteUse: database.prepare('UPDATE access_tokens SET last_used_at_ms = ? WHERE id = ?'),
    removeExpired: database.prepare('DELETE FROM access_tokens WHERE expires_at_ms < ?'),
  };
}

const tokenOfRow = (row: TokenRow): AccessToken => ({
  id: row.id,
  hash: row.hash,
  name: row.name,
  role: row.role,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  ...(row.revoked_at_ms === null ? {} : { revokedAtMs: row.revoked_at_ms }),
  ...(row.last_used_at_ms === null ? {} : { lastUsedAtMs: row.last_used_at_ms }),
});
