import { UnavailableError } from '@tdc/shared/errors.ts';
import type { ICompare, IRequestOp } from 'etcd3';
import type { Claim, EstimateScan, EstimateScanResult, EstimateStore, PublishedEstimate } from '../../repository.ts';
import { claimLost } from '../claim-lost.ts';
import { mustBeSame } from '../published-once.ts';
import { consistencyOf, createdAt, type EtcdConnection, type Pair, put, unchangedSince } from './connection.ts';
import { estimatesOfValue, estimatesToValue, newestOfValue, newestToValue } from './estimate-value.ts';
import { behind, type Keys } from './keys.ts';

/** Puts of one transaction, which every etcd takes. */
const putsMax = 100;
/** Only a try of one's own that was held up comes between. */
const triesMax = 5;
/** Keys of one read. */
const pageKeys = 1000;
/** Minutes that are read together when they are wanted from the newest on. */
const windowMs = 500 * 60_000;

/** All links to a detector share a key a minute: one put publishes what belongs together, under the claim on the detector. */
export class EtcdEstimateStore implements EstimateStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;

  constructor(connection: EtcdConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async publish(
    claim: Claim,
    estimates: readonly PublishedEstimate[],
    newest: readonly PublishedEstimate[],
    signal: AbortSignal,
  ): Promise<void> {
    const { name } = claim;
    const groups = Map.groupBy(estimates, ({ timeMs, revision }) => this.#keys.estimates(name, timeMs, revision));
    const keys = [...groups.keys()];
    for (let i = 0; i < keys.length; i += putsMax) {
      const some = keys.slice(i, i + putsMax);
      const valueAfter = (key: string, before: Pair | undefined) => {
        const old = before === undefined ? [] : this.#published(before);
        return estimatesToValue(completed(old, groups.get(key) ?? []));
      };
      // Nobody has published them yet, as a rule.
      await this.#write(claim, some, valueAfter, new Map(), signal);
    }
    if (newest.length === 0) return;
    const key = this.#keys.newestEstimates(name);
    await this.#write(claim, [key], () => newestToValue(newest), await this.#found([key], signal), signal);
  }

  /**
   * Writes what the values are to be, given what is there. A try that was held up on its way must not set back what came after it: each
   * holds only for what it was made for.
   */
  async #write(
    claim: Claim,
    keys: readonly string[],
    valueAfter: (key: string, before: Pair | undefined) => string,
    expected: ReadonlyMap<string, Pair>,
    signal: AbortSignal,
  ): Promise<void> {
    let found = expected;
    for (let tries = 0; tries < triesMax; tries++) {
      const changed = keys
        .map((key) => ({ key, before: found.get(key), value: valueAfter(key, found.get(key)) }))
        .filter(({ before, value }) => before?.value.toString() !== value);
      if (changed.length === 0) return;
      const unchanged = changed.map(({ key, before }) => unchangedSince(key, before?.modRevision ?? 0n));
      const puts = changed.map(({ key, value }) => put(key, value));
      if (await this.#transact(claim, unchanged, puts, signal)) return;
      const holder = await this.#connection.get(this.#keys.claim(claim.name), signal);
      if (holder?.createRevision !== claim.fence) throw claimLost(claim.name);
      found = await this.#found(keys, signal);
    }
    throw new UnavailableError(`the estimates of ${claim.name} change while they are written`);
  }

  async #found(keys: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Pair>> {
    const pairs = await Promise.all(keys.map((key) => this.#connection.get(key, signal)));
    return new Map(pairs.flatMap((pair) => (pair === undefined ? [] : [[pair.key, pair] as const])));
  }

  /** Whether it was done: the claim held, and so did the comparisons. */
  async #transact(
    { name, fence }: Claim,
    compare: readonly ICompare[],
    success: IRequestOp[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const underClaim = [createdAt(this.#keys.claim(name), fence), ...compare];
    return (await this.#connection.transact({ compare: underClaim, success }, signal)).succeeded;
  }

  async scan(scan: EstimateScan, signal: AbortSignal): Promise<EstimateScanResult> {
    return scan.order === 'oldest-first' ? this.#scanUp(scan, signal) : this.#scanDown(scan, signal);
  }

  async newest(signal: AbortSignal): Promise<readonly PublishedEstimate[]> {
    const pairs = await this.#connection.all(this.#keys.family('newest-estimates'), pageKeys, signal, 'best');
    return pairs.flatMap(({ key, value }) => {
      const [toDetectorId = ''] = this.#keys.parts('newest-estimates', key);
      return newestOfValue(toDetectorId, value).toSorted((a, b) => (a.fromDetectorId < b.fromDetectorId ? -1 : 1));
    });
  }

  async removeBefore(toDetectorId: string, timeMs: number, signal: AbortSignal): Promise<void> {
    const from = this.#keys.estimatesBound(toDetectorId, 0);
    await this.#connection.deleteRange({ from, to: this.#keys.estimatesBound(toDetectorId, timeMs) }, signal);
  }

  async #scanUp(scan: EstimateScan, signal: AbortSignal): Promise<EstimateScanResult> {
    const found: PublishedEstimate[] = [];
    let from = this.#keys.estimatesBound(scan.toDetectorId, scan.fromMs);
    const to = this.#keys.estimatesBound(scan.toDetectorId, scan.toMs);
    for (;;) {
      const { pairs, more } = await this.#connection.range(
        { from, to },
        { limit: pageKeys, consistency: consistencyOf(scan.reads) },
        signal,
      );
      found.push(...this.#ofLink(pairs, scan));
      const minutes = minutesOf(found, scan.revisions);
      // The last minute may have revisions behind the end of the page.
      if (!more || minutes.length > scan.limit) {
        return { estimates: minutes.slice(0, scan.limit).flat(), more: minutes.length > scan.limit };
      }
      from = behind(pairs.at(-1)?.key ?? from);
    }
  }

  /** Window by window from the newest on, as etcd would sort all of a range to give its end. */
  async #scanDown(scan: EstimateScan, signal: AbortSignal): Promise<EstimateScanResult> {
    const { toDetectorId, fromMs, limit, revisions } = scan;
    const first = await this.#firstMs(scan, signal);
    const found: PublishedEstimate[][] = [];
    const last = first === undefined ? undefined : await this.#lastMs(toDetectorId, scan.toMs, signal);
    for (let toMs = Math.min(scan.toMs, (last ?? 0) + 60_000); first !== undefined && toMs > first; toMs -= windowMs) {
      const beginMs = Math.max(fromMs, toMs - windowMs);
      const range = {
        from: this.#keys.estimatesBound(toDetectorId, beginMs),
        to: this.#keys.estimatesBound(toDetectorId, toMs),
      };
      const pairs = await this.#connection.all(range, pageKeys, signal, consistencyOf(scan.reads));
      found.push(...minutesOf(this.#ofLink(pairs, scan), revisions).toReversed());
      if (found.length > limit) break;
    }
    return { estimates: found.slice(0, limit).flat(), more: found.length > limit };
  }

  async #firstMs(
    { toDetectorId, fromMs, toMs, reads }: EstimateScan,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const from = this.#keys.estimatesBound(toDetectorId, fromMs);
    const to = this.#keys.estimatesBound(toDetectorId, toMs);
    const consistency = consistencyOf(reads);
    const { pairs } = await this.#connection.range({ from, to }, { limit: 1, consistency }, signal);
    return pairs[0] === undefined ? undefined : this.#timeMsOf(pairs[0].key);
  }

  /** Of the last minute before a time, or a later one: the newest of all that there are. */
  async #lastMs(toDetectorId: string, beforeMs: number, signal: AbortSignal): Promise<number> {
    const pair = await this.#connection.get(this.#keys.newestEstimates(toDetectorId), signal);
    const newest = pair === undefined ? [] : newestOfValue(toDetectorId, pair.value);
    return Math.min(beforeMs, Math.max(0, ...newest.map(({ timeMs }) => timeMs)));
  }

  #timeMsOf(key: string): number {
    return Number(this.#keys.parts('estimates', key)[1]) * 1000;
  }

  #ofLink(pairs: readonly Pair[], { fromDetectorId }: EstimateScan): readonly PublishedEstimate[] {
    return pairs.flatMap((pair) => this.#published(pair).filter((each) => each.fromDetectorId === fromDetectorId));
  }

  /** Of a minute and revision. */
  #published({ key, value }: Pair): readonly PublishedEstimate[] {
    const [toDetectorId = '', , revision] = this.#keys.parts('estimates', key);
    return estimatesOfValue({ toDetectorId, timeMs: this.#timeMsOf(key), revision: Number(revision) }, value);
  }
}

/** What is published of a minute and revision, and links that are not. */
function completed(
  old: readonly PublishedEstimate[],
  given: readonly PublishedEstimate[],
): readonly PublishedEstimate[] {
  const added = given.filter((each) => {
    const same = old.find(({ fromDetectorId }) => fromDetectorId === each.fromDetectorId);
    if (same !== undefined) mustBeSame(same, each);
    return same === undefined;
  });
  return [...old, ...added];
}

/** By minute, in the order of coming; of each the last revision, or all. */
function minutesOf(
  estimates: readonly PublishedEstimate[],
  revisions: EstimateScan['revisions'],
): PublishedEstimate[][] {
  const minutes = [...Map.groupBy(estimates, ({ timeMs }) => timeMs).values()];
  return revisions === 'all' ? minutes : minutes.map((minute) => minute.slice(-1));
}
