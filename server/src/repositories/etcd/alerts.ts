import { UnavailableError } from '@tdc/shared/errors.ts';
import { firstEventIdAt } from '@tdc/shared/event-id.ts';
import type { AlertStore, ClosedAlertScan } from '../../alert-store.ts';
import type { Acknowledgement, Alert, Notice } from '../../alerts/alert.ts';
import type { Claim } from '../../repository.ts';
import { acknowledged, alertOfText, alertToText, noticeOfText, noticeToText } from '../alert-value.ts';
import { claimLost } from '../claim-lost.ts';
import { createdAt, type EtcdConnection, isAbsent, type Pair, put, remove, unchangedSince } from './connection.ts';
import { behind, type Keys } from './keys.ts';

const pageKeys = 1000;
const noticesMax = 1000;
/** Removals of one transaction, which every etcd takes. */
const removalsMax = 100;
/** Tries of a change that others overtake. */
const triesMax = 20;

/** Alerts that are not closed are a family of their own, which is read as a whole and stays small. */
export class EtcdAlertStore implements AlertStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;

  constructor(connection: EtcdConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async current(signal: AbortSignal): Promise<readonly Alert[]> {
    const pairs = await this.#connection.all(this.#keys.family('alerts'), pageKeys, signal, 'best');
    return pairs.flatMap((pair) => alertOf(pair) ?? []);
  }

  async closed({ beforeId, limit }: ClosedAlertScan, signal: AbortSignal): Promise<readonly Alert[]> {
    const family = this.#keys.family('closed-alerts');
    const from = beforeId === undefined ? family.from : behind(this.#keys.closedAlert(beforeId));
    const { pairs } = await this.#connection.range({ ...family, from }, { limit, consistency: 'best' }, signal);
    return pairs.flatMap((pair) => alertOf(pair) ?? []);
  }

  async put(
    claim: Claim,
    alert: Alert,
    notices: readonly Notice[],
    signal: AbortSignal,
  ): Promise<'stored' | 'changed'> {
    const key = this.#keys.alert(alert.id);
    const there = await this.#connection.get(key, signal);
    const before = there && alertOf(there);
    // Where an answer was lost, what is there may be this very change.
    if (before !== undefined && alertToText(before) === alertToText(alert)) return 'stored';
    if ((before?.version ?? 0) !== alert.version - 1) return 'changed';
    const written =
      alert.closed === undefined
        ? [put(key, alertToText(alert))]
        : [remove(key), put(this.#keys.closedAlert(alert.id), alertToText(alert))];
    const told = notices.map((notice) => put(this.#keys.alertNotice(notice.id), noticeToText(notice)));
    const compare = [
      createdAt(this.#keys.claim(claim.name), claim.fence),
      unchangedSince(key, there?.modRevision ?? 0n),
      isAbsent(this.#keys.closedAlert(alert.id)),
    ];
    const { succeeded } = await this.#connection.transact({ compare, success: [...written, ...told] }, signal);
    if (succeeded) return 'stored';
    await this.#expectClaim(claim, signal);
    return 'changed';
  }

  async acknowledge(id: string, acknowledgement: Acknowledgement, signal: AbortSignal): Promise<Alert> {
    const key = this.#keys.alert(id);
    for (let tries = 0; tries < triesMax; tries++) {
      const there =
        (await this.#connection.get(key, signal)) ?? (await this.#connection.get(this.#keys.closedAlert(id), signal));
      const before = there && alertOf(there);
      const after = acknowledged(before, id, acknowledgement);
      if (there === undefined || after === before) return after;
      const change = { compare: [unchangedSince(key, there.modRevision)], success: [put(key, alertToText(after))] };
      if ((await this.#connection.transact(change, signal)).succeeded) return after;
    }
    throw new UnavailableError(`alert ${id} is being changed by others: given up after ${triesMax} tries`);
  }

  async notices(signal: AbortSignal): Promise<readonly Notice[]> {
    const { pairs } = await this.#connection.range(this.#keys.family('alert-notices'), { limit: noticesMax }, signal);
    return pairs.flatMap(({ value }) => noticeOfText(value.toString()) ?? []);
  }

  async removeNotices(claim: Claim, ids: readonly string[], signal: AbortSignal): Promise<void> {
    for (let i = 0; i < ids.length; i += removalsMax) {
      const success = ids.slice(i, i + removalsMax).map((id) => remove(this.#keys.alertNotice(id)));
      const compare = [createdAt(this.#keys.claim(claim.name), claim.fence)];
      if (!(await this.#connection.transact({ compare, success }, signal)).succeeded) throw claimLost(claim.name);
    }
  }

  async removeClosedBefore(timeMs: number, signal: AbortSignal): Promise<void> {
    // The oldest stand last.
    const { to } = this.#keys.family('closed-alerts');
    await this.#connection.deleteRange({ from: behind(this.#keys.closedAlert(firstEventIdAt(timeMs))), to }, signal);
  }

  async #expectClaim(claim: Claim, signal: AbortSignal): Promise<void> {
    const holder = await this.#connection.get(this.#keys.claim(claim.name), signal);
    if (holder?.createRevision !== claim.fence) throw claimLost(claim.name);
  }
}

const alertOf = ({ value }: Pair): Alert | undefined => alertOfText(value.toString());
