import type { Clock } from '@tdc/shared/clock.ts';
import { ClaimLostError, TdcError, UnavailableError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import type { Checkpoint, Claim, ClaimStore, WorkerSession } from '../../repository.ts';
import { claimLost } from '../claim-lost.ts';
import { createdAt, type EtcdConnection, isAbsent, put, remove, unchangedSince } from './connection.ts';
import { jsonOf } from './event-value.ts';
import type { Keys } from './keys.ts';

/**
 * Life of a session's lease without a sign of the worker. With a look each second, others take over within ten also where etcd elects
 * a leader meanwhile, which gives every lease its whole life again.
 */
const leaseSeconds = 4;
const keepEveryMs = 750;
/** After a member that did not answer, to ask another. */
const keepAgainMs = 100;
/** A session is given up by its own clock this long before its lease can end by that of etcd. */
const safetyMs = 1000;
const pageKeys = 1000;
/** Tries of a save that earlier ones of its own worker overtake. */
const savesMax = 5;

const holderSchema = z.object({ worker: z.string() });
const checkpointSchema = z.object({ fence: z.string().regex(/^\d+$/), value: z.string() });

/**
 * Claims as keys on the lease of their worker. The fence is the revision at which the claim's key was made; every write under a
 * claim compares it in its own transaction, so that a worker that was paused, and whose lease has ended meanwhile, changes nothing.
 */
export class EtcdClaimStore implements ClaimStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;
  readonly #clock: Clock;

  constructor(connection: EtcdConnection, keys: Keys, clock: Clock) {
    this.#connection = connection;
    this.#keys = keys;
    this.#clock = clock;
  }

  async join(workerId: string, signal: AbortSignal): Promise<WorkerSession> {
    const askedAtMs = this.#clock.monotonicMs();
    const { ID: leaseId } = await this.#connection.grantLease(leaseSeconds, signal);
    const here = put(this.#keys.worker(workerId), '{}', leaseId);
    await this.#connection.transact({ compare: [], success: [here] }, signal);
    const parts = { connection: this.#connection, keys: this.#keys, clock: this.#clock };
    return new Session({ ...parts, workerId, leaseId, aliveUntilMs: askedAtMs + leaseSeconds * 1000 - safetyMs });
  }

  async workers(signal: AbortSignal): Promise<readonly string[]> {
    const pairs = await this.#connection.all(this.#keys.family('workers'), pageKeys, signal);
    return pairs.map(({ key }) => this.#keys.parts('workers', key)[0] ?? '');
  }

  async claims(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const pairs = await this.#connection.all(this.#keys.family('claims'), pageKeys, signal);
    return new Map(pairs.map(({ key, value }) => [this.#keys.parts('claims', key)[0] ?? '', workerOf(value)]));
  }

  /**
   * A try that a member held back may arrive long after its save was made at another member, or was given up. So each is for one state
   * of the checkpoint, and changes nothing in a later one.
   */
  async save({ name, fence }: Claim, value: string, signal: AbortSignal): Promise<void> {
    const [claim, checkpoint] = [this.#keys.claim(name), this.#keys.checkpoint(name)];
    const note = JSON.stringify({ fence: String(fence), value });
    let seen = (await this.#connection.get(checkpoint, signal))?.modRevision ?? 0n;
    for (let tries = 0; tries < savesMax; tries++) {
      const compare = [createdAt(claim, fence), unchangedSince(checkpoint, seen)];
      if ((await this.#connection.transact({ compare, success: [put(checkpoint, note)] }, signal)).succeeded) return;
      const holder = await this.#connection.get(claim, signal);
      if (holder?.createRevision !== fence) throw claimLost(name);
      // Under the claim there is nobody but this worker: either this note is there and its answer was lost, or an earlier one came late.
      const now = await this.#connection.get(checkpoint, signal);
      if (now?.value.toString() === note) return;
      seen = now?.modRevision ?? 0n;
    }
    throw new UnavailableError(`the checkpoint of ${name} goes on changing: given up after ${savesMax} tries`);
  }

  async load(name: string, signal: AbortSignal): Promise<Checkpoint | undefined> {
    const pair = await this.#connection.get(this.#keys.checkpoint(name), signal);
    const parsed = pair === undefined ? undefined : checkpointSchema.safeParse(jsonOf(pair.value));
    return parsed?.success ? { fence: BigInt(parsed.data.fence), value: parsed.data.value } : undefined;
  }
}

function workerOf(value: Buffer): string {
  const parsed = holderSchema.safeParse(jsonOf(value));
  return parsed.success ? parsed.data.worker : '';
}

interface SessionOptions {
  readonly connection: EtcdConnection;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly workerId: string;
  readonly leaseId: string;
  /** By the monotonic clock: until then the lease holds, whatever happens. */
  readonly aliveUntilMs: number;
}

class Session implements WorkerSession {
  readonly #options: SessionOptions;
  readonly #lost = new AbortController();
  readonly #left = new AbortController();
  readonly #keeping: Promise<void>;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#keeping = this.#keep();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async claim(name: string, signal: AbortSignal): Promise<Claim | undefined> {
    this.#lost.signal.throwIfAborted();
    const { connection, keys, workerId, leaseId } = this.#options;
    const key = keys.claim(name);
    const taken = put(key, JSON.stringify({ worker: workerId }), leaseId);
    const { succeeded, header } = await connection.transact({ compare: [isAbsent(key)], success: [taken] }, signal);
    if (succeeded) return { name, fence: BigInt(header.revision) };
    const holder = await connection.get(key, signal);
    const isOurs = holder !== undefined && holder.lease === leaseId;
    return isOurs ? { name, fence: holder.createRevision } : undefined;
  }

  async release({ name, fence }: Claim, signal: AbortSignal): Promise<void> {
    const { connection, keys } = this.#options;
    const key = keys.claim(name);
    await connection.transact({ compare: [createdAt(key, fence)], success: [remove(key)] }, signal);
  }

  /** Gives everything back at once by ending the lease; where that fails, it ends by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort(new Error('left'));
    await this.#keeping;
    const { connection, leaseId, workerId } = this.#options;
    this.#lost.abort(new ClaimLostError(`worker ${workerId} has left`));
    await connection.revokeLease(leaseId, AbortSignal.timeout(leaseSeconds * 1000)).catch((error: unknown) => {
      if (!(error instanceof TdcError || (error instanceof DOMException && error.name === 'TimeoutError'))) throw error;
    });
  }

  async #keep(): Promise<void> {
    const { connection, clock, leaseId, workerId } = this.#options;
    let { aliveUntilMs } = this.#options;
    const left = this.#left.signal;
    while (!left.aborted) {
      const askedAtMs = clock.monotonicMs();
      if (askedAtMs >= aliveUntilMs) {
        this.#lost.abort(new ClaimLostError(`worker ${workerId}: etcd has not answered for too long`));
        return;
      }
      const late = AbortSignal.any([left, AbortSignal.timeout(Math.floor(aliveUntilMs - askedAtMs))]);
      let pauseMs = keepEveryMs;
      try {
        const seconds = await connection.keepLease(leaseId, late);
        if (seconds === 0) {
          this.#lost.abort(new ClaimLostError(`worker ${workerId}: its lease has ended`));
          return;
        }
        aliveUntilMs = askedAtMs + leaseSeconds * 1000 - safetyMs;
      } catch (error) {
        // Trouble that may pass is tried again until the lease may have ended.
        if (!late.aborted && !(error instanceof UnavailableError)) {
          this.#lost.abort(error);
          return;
        }
        pauseMs = keepAgainMs;
      }
      await clock.sleep(pauseMs, late).catch((error: unknown) => {
        if (!late.aborted) throw error;
      });
    }
  }
}
