import type { CallOptions, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import type { Clock } from '@tdc/shared/clock.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import {
  castGrpcError,
  Etcd3,
  GRPCResourceExhastedError,
  type ICompare,
  type IKeyValue,
  type ILeaseGrantResponse,
  type ILeaseKeepAliveRequest,
  type ILeaseKeepAliveResponse,
  type IRangeRequest,
  type IRangeResponse,
  type IRequestOp,
  type ITxnResponse,
  type IWatchRequest,
  type IWatchResponse,
  isRecoverableError,
} from 'etcd3';
import { faultOf } from './faults.ts';
import { behind, type KeyRange } from './keys.ts';

export interface EtcdOptions {
  /** `http://host:port` or `https://host:port`, all of one kind. */
  readonly endpoints: readonly string[];
  /** First part of every key. */
  readonly prefix: string;
  readonly auth?: { readonly username: string; readonly password: string };
  readonly tls?: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** What one try at one member may take; a member that hangs is then passed over. */
const tryMs = 2000;
/** The same for keeping a lease: in the life of one there must be time to ask other members. */
const keepLeaseMs = 700;
/** What a call may take in all, tries at other members included. */
const callMs = 8000;
const breaksAfter = 3;
const breakMs = 1000;

/**
 * A member that is stopped or cut off keeps its connections open and silent: pings find it. etcd closes connections that are
 * pinged more often than every five seconds, or while nothing is asked.
 */
const channelOptions = {
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
};

export type WatchStream = ClientDuplexStream<IWatchRequest, IWatchResponse>;

// The library types its clients without their methods.
interface WatchClient {
  watch(metadata: Metadata): WatchStream;
}
interface LeaseClient {
  leaseKeepAlive(
    metadata: Metadata,
    options: Partial<CallOptions>,
  ): ClientDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;
}

class Client extends Etcd3 {
  constructor({ endpoints, auth, tls }: EtcdOptions) {
    super({
      hosts: [...endpoints],
      grpcOptions: channelOptions,
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + tryMs }),
      faultHandling: { host: newBreaker },
      ...(auth === undefined ? {} : { auth: { ...auth } }),
      ...(tls === undefined
        ? {}
        : {
            credentials: {
              rootCertificate: tls.ca,
              ...(tls.key === undefined ? {} : { privateKey: tls.key }),
              ...(tls.cert === undefined ? {} : { certChain: tls.cert }),
            },
          }),
    });
  }

  /** The library's own watch goes on silently at a member that has lost its leader: this one ends there. */
  watchWithLeader(): Promise<WatchStream> {
    return this.pool.withConnection('Watch', ({ resource, client, metadata }) => {
      const withLeader = metadata.clone();
      withLeader.set('hasleader', 'true');
      const stream = (client as unknown as WatchClient).watch(withLeader);
      stream.on('error', (error) => this.pool.markFailed(resource, error));
      return stream;
    });
  }

  /** The library's own waits for ever, and takes a member for well that was merely sent something. */
  keepLease(leaseId: string): Promise<ILeaseKeepAliveResponse> {
    return this.pool.withConnection('Lease', async ({ client, metadata }) => {
      const stream = (client as unknown as LeaseClient).leaseKeepAlive(metadata, {
        deadline: Date.now() + keepLeaseMs,
      });
      try {
        return await new Promise<ILeaseKeepAliveResponse>((resolve, reject) => {
          stream.on('data', resolve);
          stream.on('error', (error) => reject(castGrpcError(error)));
          stream.on('end', () => reject(new UnavailableError('etcd ended the call')));
          stream.write({ ID: leaseId });
        });
      } finally {
        stream.cancel();
      }
    });
  }
}

function newBreaker(): CircuitBreakerPolicy {
  // A member that is out of space answers, and is not to be left alone.
  const isSilence = (error: Error) => isRecoverableError(error) && !(error instanceof GRPCResourceExhastedError);
  const breaker = circuitBreaker(handleWhen(isSilence), {
    halfOpenAfter: breakMs,
    breaker: new ConsecutiveBreaker(breaksAfter),
  });
  // While one call tries a silent member again, the library would let all others wait for it: here they go to other members.
  const execute: CircuitBreakerPolicy['execute'] = breaker.execute.bind(breaker);
  breaker.execute = async (...call) => {
    if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
    return execute(...call);
  };
  return breaker;
}

export interface Pair {
  readonly key: string;
  readonly value: Buffer;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  /** The lease that it ends with; '0' for none. */
  readonly lease: string;
}

export interface Pairs {
  readonly pairs: readonly Pair[];
  /** Whether the range holds more than the limit. */
  readonly more: boolean;
  /** Of the store when it was read. */
  readonly revision: bigint;
}

/** How what a caller may miss is asked for. */
export const consistencyOf = (reads: 'committed' | undefined): 'linearizable' | 'best' =>
  reads === 'committed' ? 'linearizable' : 'best';

interface RangeOptions {
  readonly limit?: number;
  readonly revision?: bigint;
}

export interface Transaction {
  readonly compare: ICompare[];
  readonly success: IRequestOp[];
}

/**
 * The calls to etcd that the repository makes, each with a deadline. All throw UnavailableError when etcd does not answer or takes
 * nothing (see faultOf), and the signal's reason when it aborts.
 */
export class EtcdConnection implements Disposable {
  readonly #client: Client;
  readonly #clock: Clock;
  /** When a majority last answered. */
  #currentAtMs: number;
  #reads: 'current' | 'stale' = 'current';

  constructor(options: EtcdOptions, clock: Clock) {
    this.#client = new Client(options);
    this.#clock = clock;
    this.#currentAtMs = clock.nowMs();
  }

  /** When a majority last answered, if none does now; see Repository.staleSinceMs. */
  get staleSinceMs(): number | undefined {
    return this.#reads === 'stale' ? this.#currentAtMs : undefined;
  }

  /**
   * Keys and values in the order of keys, as a majority has them. With the consistency `best` a member alone is asked, which may
   * be behind the others, from when no majority answers until one does (see staleSinceMs).
   */
  async range(
    range: KeyRange,
    options: RangeOptions & { readonly consistency?: 'linearizable' | 'best' },
    signal: AbortSignal,
  ): Promise<Pairs> {
    if (options.consistency !== 'best') return this.#range(range, options, false, signal);
    if (this.#reads === 'stale') return this.#range(range, options, true, signal);
    try {
      return await this.#range(range, options, false, signal);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return this.#range(range, options, true, signal);
    }
  }

  async #range(
    { from, to }: KeyRange,
    options: RangeOptions,
    serializable: boolean,
    signal: AbortSignal,
  ): Promise<Pairs> {
    const request: IRangeRequest = {
      key: Buffer.from(from),
      range_end: Buffer.from(to),
      limit: options.limit ?? 0,
      ...(options.revision === undefined ? {} : { revision: String(options.revision) }),
      serializable,
    };
    const read = () => this.#call('reading', () => this.#client.kv.range(request), signal);
    return pairsOf(await (serializable ? read() : this.#byMajority(read)));
  }

  /** A whole range as it was at one moment, read in pages; consistency as in `range`. */
  async all(
    range: KeyRange,
    pageKeys: number,
    signal: AbortSignal,
    consistency: 'linearizable' | 'best' = 'linearizable',
  ): Promise<readonly Pair[]> {
    const first = await this.range(range, { limit: pageKeys, consistency }, signal);
    const found = [...first.pairs];
    let { more } = first;
    while (more) {
      const from = behind(found.at(-1)?.key ?? range.from);
      const page = await this.range(
        { ...range, from },
        { limit: pageKeys, revision: first.revision, consistency },
        signal,
      );
      found.push(...page.pairs);
      more = page.more;
    }
    return found;
  }

  async get(key: string, signal: AbortSignal): Promise<Pair | undefined> {
    const request = { key: Buffer.from(key) };
    const response = await this.#byMajority(() => this.#call('reading', () => this.#client.kv.range(request), signal));
    return pairsOf(response).pairs[0];
  }

  /** Whether the comparisons held, and what was done. Safe to try again only where the comparisons make it so. */
  transact({ compare, success }: Transaction, signal: AbortSignal): Promise<ITxnResponse> {
    return this.#call('writing', () => this.#client.kv.txn({ compare, success, failure: [] }), signal);
  }

  async deleteRange({ from, to }: KeyRange, signal: AbortSignal): Promise<number> {
    const request = { key: Buffer.from(from), range_end: Buffer.from(to) };
    const { deleted } = await this.#call('removing', () => this.#client.kv.deleteRange(request), signal);
    return Number(deleted);
  }

  /** Forgets what is older than the revision. One that is forgotten already is none to complain about. */
  async compact(revision: bigint, signal: AbortSignal): Promise<void> {
    await this.#call(
      'compacting',
      () =>
        this.#client.kv.compact({ revision: String(revision) }).catch((error: unknown) => {
          if (!(error instanceof Error && error.message.includes('has been compacted'))) throw error;
        }),
      signal,
    );
  }

  /** The alarms that are raised, such as NOSPACE. */
  async alarms(signal: AbortSignal): Promise<readonly string[]> {
    const request = { action: 'Get', memberID: '0', alarm: 'None' } as const;
    const response = await this.#call('asking for alarms', () => this.#client.maintenance.alarm(request), signal);
    return response.alarms.map(({ alarm }) => String(alarm));
  }

  grantLease(seconds: number, signal: AbortSignal): Promise<ILeaseGrantResponse> {
    return this.#call('granting a lease', () => this.#client.leaseClient.leaseGrant({ TTL: String(seconds) }), signal);
  }

  async revokeLease(leaseId: string, signal: AbortSignal): Promise<void> {
    await this.#call('revoking a lease', () => this.#client.leaseClient.leaseRevoke({ ID: leaseId }), signal);
  }

  /** Seconds that the lease has left now; 0 when it is gone. One member is asked, once, and has little time. */
  async keepLease(leaseId: string, signal: AbortSignal): Promise<number> {
    const { TTL } = await this.#call('keeping a lease', () => this.#client.keepLease(leaseId), signal);
    return Number(TTL);
  }

  /** A stream on which watches are asked for; it ends with an error when its member fails or loses the leader. */
  watch(signal: AbortSignal): Promise<WatchStream> {
    return this.#call('watching', () => this.#client.watchWithLeader(), signal);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  /** Notes whether a majority answers. */
  async #byMajority<T>(read: () => Promise<T>): Promise<T> {
    try {
      const result = await read();
      this.#currentAtMs = this.#clock.nowMs();
      this.#reads = 'current';
      return result;
    } catch (error) {
      if (error instanceof UnavailableError) this.#reads = 'stale';
      throw error;
    }
  }

  async #call<T>(doing: string, call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const late = AbortSignal.timeout(callMs);
    const over = Promise.withResolvers<never>();
    const stop = () => over.reject(signal.reason);
    const giveUp = () => over.reject(new UnavailableError(`${doing}: etcd did not answer within ${callMs} ms`));
    signal.addEventListener('abort', stop);
    late.addEventListener('abort', giveUp);
    try {
      return await Promise.race([call(), over.promise]);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw faultOf(error, doing);
    } finally {
      signal.removeEventListener('abort', stop);
      late.removeEventListener('abort', giveUp);
    }
  }
}

function pairsOf({ kvs, more, header }: IRangeResponse): Pairs {
  return { pairs: kvs.map(pairOf), more, revision: BigInt(header.revision) };
}

export function pairOf({ key, value, create_revision, mod_revision, lease }: IKeyValue): Pair {
  return {
    key: key.toString(),
    value,
    createRevision: BigInt(create_revision),
    modRevision: BigInt(mod_revision),
    lease,
  };
}

const bytesOf = (key: string | Buffer): Buffer => (typeof key === 'string' ? Buffer.from(key) : key);

export const exists = (key: string): ICompare => ({
  key: Buffer.from(key),
  target: 'Version',
  result: 'Greater',
  version: '0',
});
export const isAbsent = (key: string | Buffer): ICompare => ({
  key: bytesOf(key),
  target: 'Version',
  result: 'Equal',
  version: '0',
});
export const unchangedSince = (key: string, modRevision: bigint): ICompare => ({
  key: Buffer.from(key),
  target: 'Mod',
  result: 'Equal',
  mod_revision: String(modRevision),
});
export const createdAt = (key: string, revision: bigint): ICompare => ({
  key: Buffer.from(key),
  target: 'Create',
  result: 'Equal',
  create_revision: String(revision),
});
export const put = (key: string | Buffer, value: string, lease?: string): IRequestOp => ({
  request_put: { key: bytesOf(key), value: Buffer.from(value), ...(lease === undefined ? {} : { lease }) },
});
export const remove = (key: string): IRequestOp => ({ request_delete_range: { key: Buffer.from(key) } });
export const removeRange = ({ from, to }: KeyRange): IRequestOp => ({
  request_delete_range: { key: Buffer.from(from), range_end: Buffer.from(to) },
});
