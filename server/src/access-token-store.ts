import type { Role } from './access/principal.ts';

/** What is kept of an operator's token: never the token itself. */
export interface AccessToken {
  /** The first 16 hex digits of the hash. */
  readonly id: string;
  /** SHA-256 of the token, lower-case hex. */
  readonly hash: string;
  /** Whose it is: 1 to 64 characters. */
  readonly name: string;
  readonly role: Role;
  /** Unix milliseconds, as all times here. */
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Absent while it is not revoked. */
  readonly revokedAtMs?: number;
  /** To the hour; absent while it was not used. */
  readonly lastUsedAtMs?: number;
}

/** Tokens that are kept, those revoked and those just expired among them. */
export const accessTokensMax = 256;

/** Port: operators' tokens. */
export interface AccessTokenStore {
  /** Adds a token. Throws LimitError when there are accessTokensMax already, PreconditionError when the id is taken. */
  add(token: AccessToken, signal: AbortSignal): Promise<void>;
  /** The token of an id; undefined when there is none. */
  find(id: string, signal: AbortSignal): Promise<AccessToken | undefined>;
  /** By id, rising. */
  list(signal: AbortSignal): Promise<readonly AccessToken[]>;
  /** Notes when a token was revoked. Idempotent: the first time stays. Throws NotFoundError when there is none. */
  revoke(id: string, atMs: number, signal: AbortSignal): Promise<void>;
  /** Notes when a token was last used. Changes nothing when there is none. */
  noteUse(id: string, atMs: number, signal: AbortSignal): Promise<void>;
  /** Removes the tokens that expired before a time. Idempotent. */
  removeExpired(beforeMs: number, signal: AbortSignal): Promise<void>;
}
