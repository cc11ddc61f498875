import type { Clock } from '@tdc/shared/clock.ts';
import { TdcError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { type AccessToken, type AccessTokenStore, accessTokensMax } from '../access-token-store.ts';
import { hashedToken } from './token.ts';

/** How long another server's revocation may go unnoticed. */
const ageMsMax = 5000;
/** How exactly it is noted when a token was last used: one write an hour and server. */
const useNotedEveryMs = 3_600_000;

interface Known {
  readonly token: Promise<AccessToken | undefined>;
  readonly readAtMs: number;
}

export interface KnownTokensOptions {
  readonly store: AccessTokenStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the server is to end. */
  readonly shutdown: AbortSignal;
}

/**
 * The tokens that are in use, read at most once in a while. Only those that exist are remembered, and no more than the repository may have:
 * the first that were read are forgotten first.
 */
export class KnownTokens {
  readonly #options: KnownTokensOptions;
  readonly #known = new Map<string, Known>();
  readonly #usedAtMs = new Map<string, number>();

  constructor(options: KnownTokensOptions) {
    this.#options = options;
  }

  /** Whether the token was found before. */
  has(text: string): boolean {
    return this.#known.has(hashedToken(text).id);
  }

  /** The token, revoked or expired or not; undefined when there is none. */
  async find(text: string): Promise<AccessToken | undefined> {
    const { id, hash } = hashedToken(text);
    const token = await this.#read(id);
    return token?.hash === hash ? token : undefined;
  }

  /** To be called when a token was revoked here: the next call reads it anew. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  /** Notes that a token was used, some time. */
  noteUse(token: AccessToken): void {
    const { store, clock, logger, shutdown } = this.#options;
    const nowMs = clock.nowMs();
    const notedMs = this.#usedAtMs.get(token.id) ?? token.lastUsedAtMs ?? 0;
    if (nowMs - notedMs < useNotedEveryMs) return;
    this.#usedAtMs.set(token.id, nowMs);
    store.noteUse(token.id, nowMs, shutdown).catch((error: unknown) => {
      if (shutdown.aborted) return;
      if (!(error instanceof TdcError)) throw error;
      logger.warn({ err: error, token: token.id }, 'the use of a token could not be noted');
    });
  }

  async #read(id: string): Promise<AccessToken | undefined> {
    const { store, clock, shutdown } = this.#options;
    const nowMs = clock.monotonicMs();
    const known = this.#known.get(id);
    if (known !== undefined && nowMs - known.readAtMs < ageMsMax) return known.token;
    const reading = { token: store.find(id, shutdown), readAtMs: nowMs };
    this.#known.delete(id);
    this.#known.set(id, reading);
    this.#bound();
    try {
      const token = await reading.token;
      if (token === undefined) this.#drop(id, reading);
      return token;
    } catch (error) {
      this.#drop(id, reading);
      throw error;
    }
  }

  #drop(id: string, reading: Known): void {
    if (this.#known.get(id) !== reading) return;
    this.forget(id);
    this.#usedAtMs.delete(id);
  }

  #bound(): void {
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= accessTokensMax) return;
      this.forget(oldest);
      this.#usedAtMs.delete(oldest);
    }
  }
}
