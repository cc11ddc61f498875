import { setTimeout as wait } from 'node:timers/promises';
import { backoffMs } from '@tdc/shared/backoff.ts';
import { InvalidInputError, OutOfRangeError, TdcError, UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { quoted } from '@tdc/shared/wire.ts';
import type { IWatchResponse } from 'etcd3';
import type { CommittedEvents } from '../../repository.ts';
import { type EtcdConnection, type Pair, pairOf, type WatchStream } from './connection.ts';
import { eventOfPair } from './event-value.ts';
import { faultOf } from './faults.ts';
import { behind, type Keys } from './keys.ts';

/** Identity of the store and the last revision seen whole. */
const cursorPattern = /^([0-9a-f]{12})-([0-9]{1,19})$/;
/** A stream on which nothing comes for so long is asked for a sign of life, and given up without one. */
const silenceMs = 5000;
const reconnect = { baseMs: 100, maxMs: 2000 };
/** Keys of one read while history is caught up that etcd has forgotten. */
const pageKeys = 2000;

/** A page of what was committed: all of it up to a revision. */
interface Page {
  readonly pairs: readonly Pair[];
  readonly revision: bigint;
}

/**
 * Reads events in the order of their commits, by watching etcd from the last revision seen. A watch that breaks is begun again
 * from there; where etcd has compacted what is missing, it is read from the keys themselves. Nothing is missed and nothing
 * comes twice.
 */
export class EventFollower {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;
  readonly #storeId: string;

  constructor(connection: EtcdConnection, keys: Keys, storeId: string) {
    this.#connection = connection;
    this.#keys = keys;
    this.#storeId = storeId;
  }

  async *follow(cursor: string | undefined, signal: AbortSignal): AsyncGenerator<CommittedEvents> {
    const now = await this.#revisionNow(signal);
    let revision = cursor === undefined ? now : this.#revisionOf(cursor, now);
    yield this.#page({ pairs: [], revision });
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      try {
        for await (const page of this.#watch(revision, signal)) {
          failures = 0;
          revision = page.revision;
          if (page.pairs.length > 0) yield this.#page(page);
        }
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof OutOfRangeError) {
          for await (const page of this.#catchUp(revision, signal)) {
            revision = page.revision;
            if (page.pairs.length > 0) yield this.#page(page);
          }
          continue;
        }
        if (!(error instanceof TdcError && error.retryable)) throw error;
        await wait(backoffMs(reconnect, failures++, Math.random), undefined, { signal });
      }
    }
  }

  async #revisionNow(signal: AbortSignal): Promise<bigint> {
    const { schema } = this.#keys;
    return (await this.#connection.range({ from: schema, to: behind(schema) }, {}, signal)).revision;
  }

  #revisionOf(cursor: string, now: bigint): bigint {
    const [, storeId, digits] = cursorPattern.exec(cursor) ?? [];
    if (storeId === undefined || digits === undefined) {
      throw new InvalidInputError(`${quoted(cursor)} is no cursor: expected one that an earlier answer gave`, {
        field: 'cursor',
      });
    }
    if (storeId !== this.#storeId || BigInt(digits) > now) {
      throw new OutOfRangeError('the cursor is of another repository', { field: 'cursor' });
    }
    return BigInt(digits);
  }

  #page({ pairs, revision }: Page): CommittedEvents {
    const events = pairs.flatMap(({ key, value }): readonly DetectionEvent[] => {
      const event = eventOfPair(this.#keys, key, value);
      return event === undefined ? [] : [event];
    });
    return { events, cursor: `${this.#storeId}-${revision}` };
  }

  /** Throws UnavailableError when the stream ends or falls silent, OutOfRangeError when etcd has forgotten the revision. */
  async *#watch(after: bigint, signal: AbortSignal): AsyncGenerator<Page> {
    const stream = await this.#connection.watch(signal);
    const cancel = () => stream.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const { from, to } = this.#keys.family('detectors');
      stream.write({
        create_request: {
          key: Buffer.from(from),
          range_end: Buffer.from(to),
          start_revision: String(after + 1n),
          filters: ['Nodelete'],
          fragment: true,
        },
      });
      yield* pagesOf(responsesOf(stream));
    } catch (error) {
      throw faultOf(error, 'watching');
    } finally {
      signal.removeEventListener('abort', cancel);
      stream.cancel();
    }
  }

  /** Everything that is there now and was first written after the revision, by detector and time; then the revision of now. */
  async *#catchUp(after: bigint, signal: AbortSignal): AsyncGenerator<Page> {
    const revision = await this.#revisionNow(signal);
    const { from, to } = this.#keys.family('detectors');
    let begin = from;
    for (;;) {
      const { pairs, more } = await this.#connection.range({ from: begin, to }, { limit: pageKeys, revision }, signal);
      // The revision stays behind until all is read: whoever stops here begins again, and gets twice what he has had.
      yield { pairs: pairs.filter(({ createRevision }) => createRevision > after), revision: more ? after : revision };
      const last = pairs.at(-1);
      if (!more || last === undefined) return;
      begin = behind(last.key);
    }
  }
}

/** The answers of a stream while it gives signs of life. */
async function* responsesOf(stream: WatchStream): AsyncGenerator<IWatchResponse> {
  const responses = (stream as AsyncIterable<IWatchResponse>)[Symbol.asyncIterator]();
  for (let next = responses.next(); ; ) {
    const result = await Promise.race([next, silence('first')]);
    if (result === 'silent') {
      stream.write({ progress_request: {} });
      if ((await Promise.race([next, silence('second')])) === 'silent') {
        throw new UnavailableError('watching: etcd gives no sign of life');
      }
      continue;
    }
    if (result.done) throw new UnavailableError('watching: etcd ended the watch');
    yield result.value;
    next = responses.next();
  }
}

/** A timer that keeps nothing alive and, as nothing waits for it any more, may run out unseen. */
const silence = (_: 'first' | 'second'): Promise<'silent'> => wait(silenceMs, 'silent' as const, { ref: false });

/** Whole revisions only: of an answer in fragments, the last revision waits for the next fragment. */
async function* pagesOf(responses: AsyncIterable<IWatchResponse>): AsyncGenerator<Page> {
  let held: readonly Pair[] = [];
  for await (const response of responses) {
    if (BigInt(response.compact_revision) > 0n) throw new OutOfRangeError('watching: the revision has been compacted');
    if (response.canceled) throw new UnavailableError(`watching: etcd cancelled it (${response.cancel_reason})`);
    const pairs = [...held, ...response.events.map(({ kv }) => pairOf(kv))];
    const last = pairs.at(-1)?.modRevision;
    if (last === undefined) continue;
    const whole = response.fragment ? pairs.filter(({ modRevision }) => modRevision < last) : pairs;
    held = response.fragment ? pairs.filter(({ modRevision }) => modRevision === last) : [];
    const revision = whole.at(-1)?.modRevision;
    // An event that was sent again has been put again.
    const first = whole.filter(({ createRevision, modRevision }) => createRevision === modRevision);
    if (revision !== undefined) yield { pairs: first, revision };
  }
}
