import { NotFoundError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import type { CertificateRecord, Enrolment, EnrolmentStore, Revocation } from '../../enrolment-store.ts';
import { type EtcdConnection, exists, type Pair, put, remove, type Transaction, unchangedSince } from './connection.ts';
import { certificatesOfValue, certificatesToValue, enrolmentOfValue, enrolmentToValue } from './enrolment-value.ts';
import type { Keys } from './keys.ts';

const pageKeys = 500;
/** Tries of a change that others overtake. */
const triesMax = 20;

/**
 * One key for each detector's enrolment, and one for all its certificates, so that a revocation and a renewal at the same moment cannot miss
 * each other: every change is made only if the keys are as they were read.
 */
export class EtcdEnrolmentStore implements EnrolmentStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;

  constructor(connection: EtcdConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async putEnrolment(enrolment: Enrolment, signal: AbortSignal): Promise<void> {
    const { detectorId } = enrolment;
    const { succeeded } = await this.#connection.transact(
      {
        compare: [exists(this.#keys.registry(detectorId))],
        success: [put(this.#keys.enrolment(detectorId), enrolmentToValue(enrolment))],
      },
      signal,
    );
    if (!succeeded) {
      throw new PreconditionError(`detector ${detectorId} is not in the network`, { field: 'detector_id' });
    }
  }

  async removeEnrolment(detectorId: string, signal: AbortSignal): Promise<void> {
    const key = this.#keys.enrolment(detectorId);
    const { succeeded } = await this.#connection.transact({ compare: [exists(key)], success: [remove(key)] }, signal);
    if (!succeeded) throw new NotFoundError(`${detectorId} has no enrolment`, { field: 'detector_id' });
  }

  async enrolments(signal: AbortSignal, detectorId?: string): Promise<readonly Enrolment[]> {
    const pairs = await this.#pairs('enrolments', detectorId, signal);
    return pairs.flatMap(({ id, pair }) => enrolmentOfValue(id, pair.value) ?? []);
  }

  async useEnrolment(
    { detectorId, secretHash }: Enrolment,
    certificate: CertificateRecord,
    reason: string,
    signal: AbortSignal,
  ): Promise<'used' | 'changed'> {
    const key = this.#keys.enrolment(detectorId);
    const revocation = { atMs: certificate.issuedAtMs, reason };
    return this.#change(detectorId, signal, async (records) => {
      const pair = await this.#connection.get(key, signal);
      const now = pair && enrolmentOfValue(detectorId, pair.value);
      if (pair === undefined || now?.secretHash !== secretHash) return 'changed';
      // The answer to a try that was made may have been lost.
      if (now.usedFor !== undefined) return now.usedFor === certificate.serial ? 'used' : 'changed';
      const earlier = records.map((record) => ({ ...record, revocation: record.revocation ?? revocation }));
      return {
        result: 'used',
        records: [...earlier, certificate],
        compare: [unchangedSince(key, pair.modRevision)],
        success: [put(key, enrolmentToValue({ ...now, usedFor: certificate.serial }))],
      };
    });
  }

  addCertificate(
    certificate: CertificateRecord,
    { renews, forgetBeforeMs }: { readonly renews?: string; readonly forgetBeforeMs: number },
    signal: AbortSignal,
  ): Promise<'added' | 'revoked'> {
    return this.#change(certificate.detectorId, signal, async (records) => {
      if (records.some(({ serial, revocation }) => serial === renews && revocation !== undefined)) return 'revoked';
      const isOnRecord = records.some(({ serial }) => serial === certificate.serial);
      const kept = [...records, ...(isOnRecord ? [] : [certificate])].filter(
        ({ expiresAtMs }) => expiresAtMs >= forgetBeforeMs,
      );
      return { result: 'added', records: kept };
    });
  }

  async certificates(signal: AbortSignal, detectorId?: string): Promise<readonly CertificateRecord[]> {
    const pairs = await this.#pairs('certificates', detectorId, signal);
    return pairs.flatMap(({ id, pair }) => certificatesOfValue(id, pair.value).toSorted(byIssue));
  }

  revoke(detectorId: string, serial: string | 'all', revocation: Revocation, signal: AbortSignal): Promise<number> {
    return this.#change(detectorId, signal, async (records) => {
      const isMeant = (record: CertificateRecord) =>
        record.revocation === undefined && (serial === 'all' || record.serial === serial);
      const result = records.filter(isMeant).length;
      if (result === 0) return result;
      return { result, records: records.map((record) => (isMeant(record) ? { ...record, revocation } : record)) };
    });
  }

  async #pairs(family: 'enrolments' | 'certificates', detectorId: string | undefined, signal: AbortSignal) {
    const pairs: readonly (Pair | undefined)[] =
      detectorId === undefined
        ? await this.#connection.all(this.#keys.family(family), pageKeys, signal)
        : [
            await this.#connection.get(
              family === 'enrolments' ? this.#keys.enrolment(detectorId) : this.#keys.certificates(detectorId),
              signal,
            ),
          ];
    return pairs.flatMap((pair) =>
      pair === undefined ? [] : [{ pair, id: this.#keys.parts(family, pair.key)[0] ?? '' }],
    );
  }

  /** Changes the certificates of a detector, from what they are when nobody else changes them; a bare result changes nothing. */
  async #change<Result extends string | number>(
    detectorId: string,
    signal: AbortSignal,
    changed: (records: readonly CertificateRecord[]) => Promise<Result | Change<Result>>,
  ): Promise<Result> {
    const key = this.#keys.certificates(detectorId);
    for (let tries = 0; tries < triesMax; tries++) {
      const pair = await this.#connection.get(key, signal);
      const change = await changed(pair === undefined ? [] : certificatesOfValue(detectorId, pair.value));
      if (typeof change !== 'object') return change;
      const { result, records, compare = [], success = [] } = change;
      const { succeeded } = await this.#connection.transact(
        {
          compare: [unchangedSince(key, pair?.modRevision ?? 0n), ...compare],
          success: [put(key, certificatesToValue(records)), ...success],
        },
        signal,
      );
      if (succeeded) return result;
    }
    throw new UnavailableError(
      `the certificates of ${detectorId} are being changed by others: given up after ${triesMax} tries`,
    );
  }
}

interface Change<Result> extends Partial<Transaction> {
  readonly result: Result;
  readonly records: readonly CertificateRecord[];
}

const byIssue = (a: CertificateRecord, b: CertificateRecord): number =>
  a.issuedAtMs - b.issuedAtMs || (a.serial < b.serial ? -1 : 1);
