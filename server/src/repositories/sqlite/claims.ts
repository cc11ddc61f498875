import { ClaimLostError } from '@tdc/shared/errors.ts';
import type { Statement } from 'better-sqlite3';
import type { Checkpoint, Claim, ClaimStore, WorkerSession } from '../../repository.ts';
import { claimLost } from '../claim-lost.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

interface CheckpointRow {
  readonly fence: number;
  readonly value: string;
}

interface Holder {
  readonly session: Session;
  readonly fence: bigint;
}

/**
 * Claims among the workers that ask this store, with which they end: one process has the file, and in it the thread of the estimator alone
 * claims anything. Fences and checkpoints are in the file, so that a claim of an earlier process can never pass for one of this.
 */
export class SqliteClaimStore implements ClaimStore {
  readonly #file: string;
  readonly #sessions = new Set<Session>();
  readonly #holders = new Map<string, Holder>();
  readonly #nextFence: Statement<[], { fence: number }>;
  readonly #save: Statement<[string, number, string]>;
  readonly #load: Statement<[string], CheckpointRow>;

  constructor({ database, file }: OpenDatabase) {
    this.#file = file;
    this.#nextFence = database.prepare('UPDATE claim_fence SET fence = fence + 1 RETURNING fence');
    this.#save = database.prepare(
      `INSERT INTO checkpoints (name, fence, value) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET (fence, value) = (excluded.fence, excluded.value)`,
    );
    this.#load = database.prepare('SELECT fence, value FROM checkpoints WHERE name = ?');
  }

  async join(workerId: string, signal: AbortSignal): Promise<WorkerSession> {
    signal.throwIfAborted();
    const session = new Session(this, workerId);
    this.#sessions.add(session);
    return session;
  }

  async workers(signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    return [...new Set([...this.#sessions].map(({ workerId }) => workerId))].sort();
  }

  async claims(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    signal.throwIfAborted();
    return new Map([...this.#holders].map(([name, { session }]) => [name, session.workerId]));
  }

  async save({ name, fence }: Claim, value: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.verify({ name, fence });
    guarded(this.#file, 'storing a checkpoint', () => this.#save.run(name, Number(fence), value));
  }

  async load(name: string, signal: AbortSignal): Promise<Checkpoint | undefined> {
    signal.throwIfAborted();
    const row = guarded(this.#file, 'reading a checkpoint', () => this.#load.get(name));
    return row === undefined ? undefined : { fence: BigInt(row.fence), value: row.value };
  }

  /** Throws ClaimLostError for a claim that does not hold any more. */
  verify({ name, fence }: Claim): void {
    if (this.#holders.get(name)?.fence === fence) return;
    throw claimLost(name);
  }

  claim(session: Session, name: string): Claim | undefined {
    const holder = this.#holders.get(name);
    if (holder !== undefined) return holder.session === session ? { name, fence: holder.fence } : undefined;
    const fence = BigInt(guarded(this.#file, 'claiming', () => this.#nextFence.get())?.fence ?? 0);
    this.#holders.set(name, { session, fence });
    return { name, fence };
  }

  release({ name, fence }: Claim): void {
    if (this.#holders.get(name)?.fence === fence) this.#holders.delete(name);
  }

  leave(session: Session): void {
    this.#sessions.delete(session);
    for (const [name, holder] of this.#holders) if (holder.session === session) this.#holders.delete(name);
  }

  /** Ends all sessions. */
  close(): void {
    for (const session of [...this.#sessions]) session.lose();
  }
}

class Session implements WorkerSession {
  readonly workerId: string;
  readonly #store: SqliteClaimStore;
  readonly #lost = new AbortController();

  constructor(store: SqliteClaimStore, workerId: string) {
    this.#store = store;
    this.workerId = workerId;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async claim(name: string, signal: AbortSignal): Promise<Claim | undefined> {
    signal.throwIfAborted();
    this.#lost.signal.throwIfAborted();
    return this.#store.claim(this, name);
  }

  async release(claim: Claim): Promise<void> {
    this.#store.release(claim);
  }

  lose(): void {
    this.#lost.abort(new ClaimLostError(`worker ${this.workerId} has left`));
    this.#store.leave(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lose();
  }
}
