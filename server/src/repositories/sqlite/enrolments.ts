import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import type { Database } from 'better-sqlite3';
import type { CertificateRecord, Enrolment, EnrolmentStore, Revocation } from '../../enrolment-store.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

interface EnrolmentRow {
  readonly detectorId: string;
  readonly secretHash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly usedFor: string | null;
}

interface CertificateRow {
  readonly detectorId: string;
  readonly serial: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly certificate: Uint8Array;
  readonly revokedAtMs: number | null;
  readonly revocationReason: string | null;
}

export class SqliteEnrolmentStore implements EnrolmentStore {
  readonly #file: string;
  readonly #knows: (detectorId: string) => boolean;
  readonly #statements: ReturnType<typeof prepare>;

  constructor({ database, file }: OpenDatabase, knows: (detectorId: string) => boolean) {
    this.#file = file;
    this.#knows = knows;
    this.#statements = prepare(database);
  }

  async putEnrolment(enrolment: Enrolment, signal: AbortSignal): Promise<void> {
    const { detectorId, secretHash, createdAtMs, expiresAtMs, usedFor } = enrolment;
    await this.#guarded('storing an enrolment', signal, () => {
      if (!this.#knows(detectorId)) {
        throw new PreconditionError(`detector ${detectorId} is not in the network`, { field: 'detector_id' });
      }
      this.#statements.putEnrolment.run(detectorId, secretHash, createdAtMs, expiresAtMs, usedFor ?? null);
    });
  }

  async removeEnrolment(detectorId: string, signal: AbortSignal): Promise<void> {
    const remove = () => this.#statements.removeEnrolment.run(detectorId);
    const { changes } = await this.#guarded('removing an enrolment', signal, remove);
    if (changes === 0) throw new NotFoundError(`${detectorId} has no enrolment`, { field: 'detector_id' });
  }

  async enrolments(signal: AbortSignal, detectorId?: string): Promise<readonly Enrolment[]> {
    const rows = await this.#guarded('reading enrolments', signal, () =>
      detectorId === undefined ? this.#statements.enrolments.all() : this.#statements.enrolmentsOf.all(detectorId),
    );
    return rows.map(({ usedFor, ...row }) => ({ ...row, ...(usedFor === null ? {} : { usedFor }) }));
  }

  useEnrolment(
    { detectorId, secretHash }: Enrolment,
    certificate: CertificateRecord,
    reason: string,
    signal: AbortSignal,
  ): Promise<'used' | 'changed'> {
    return this.#guarded('using an enrolment', signal, () =>
      this.#statements.inTransaction(() => {
        const { changes } = this.#statements.useEnrolment.run(certificate.serial, detectorId, secretHash);
        if (changes === 0) return 'changed';
        this.#statements.revokeAll.run(certificate.issuedAtMs, reason, detectorId);
        this.#add(certificate);
        return 'used';
      }),
    );
  }

  addCertificate(
    certificate: CertificateRecord,
    { renews, forgetBeforeMs }: { readonly renews?: string; readonly forgetBeforeMs: number },
    signal: AbortSignal,
  ): Promise<'added' | 'revoked'> {
    const { detectorId } = certificate;
    return this.#guarded('storing a certificate', signal, () =>
      this.#statements.inTransaction(() => {
        if (renews !== undefined && this.#statements.isRevoked.get(detectorId, renews) !== undefined) return 'revoked';
        this.#add(certificate);
        this.#statements.forget.run(detectorId, forgetBeforeMs);
        return 'added';
      }),
    );
  }

  async certificates(signal: AbortSignal, detectorId?: string): Promise<readonly CertificateRecord[]> {
    const rows = await this.#guarded('reading certificates', signal, () =>
      detectorId === undefined ? this.#statements.certificates.all() : this.#statements.certificatesOf.all(detectorId),
    );
    return rows.map(recordOfRow);
  }

  revoke(
    detectorId: string,
    serial: string | 'all',
    { atMs, reason }: Revocation,
    signal: AbortSignal,
  ): Promise<number> {
    const { revoke, revokeAll } = this.#statements;
    return this.#guarded('revoking certificates', signal, () => {
      const { changes } =
        serial === 'all' ? revokeAll.run(atMs, reason, detectorId) : revoke.run(atMs, reason, detectorId, serial);
      return changes;
    });
  }

  #add({ detectorId, serial, issuedAtMs, expiresAtMs, certificate, revocation }: CertificateRecord): void {
    const revoked = [revocation?.atMs ?? null, revocation?.reason ?? null] as const;
    this.#statements.addCertificate.run(detectorId, issuedAtMs, serial, expiresAtMs, certificate, ...revoked);
  }

  async #guarded<T>(doing: string, signal: AbortSignal, action: () => T): Promise<T> {
    signal.throwIfAborted();
    return guarded(this.#file, doing, action);
  }
}

function recordOfRow({ revokedAtMs, revocationReason, ...row }: CertificateRow): CertificateRecord {
  return revokedAtMs === null ? row : { ...row, revocation: { atMs: revokedAtMs, reason: revocationReason ?? '' } };
}

const enrolmentColumns = `detector_id AS detectorId, secret_hash AS secretHash, created_at_ms AS createdAtMs,
  expires_at_ms AS expiresAtMs, used_for AS usedFor`;
const certificateColumns = `detector_id AS detectorId, serial, issued_at_ms AS issuedAtMs, expires_at_ms AS expiresAtMs,
  certificate, revoked_at_ms AS revokedAtMs, revocation_reason AS revocationReason`;
const certificateOrder = 'ORDER BY detector_id, issued_at_ms, serial';

function prepare(database: Database) {
  const inTransaction = database.transaction((action: () => unknown) => action());
  return {
    inTransaction: <T>(action: () => T): T => inTransaction.immediate(action) as T,
    putEnrolment: database.prepare(
      `INSERT OR REPLACE INTO enrolments (detector_id, secret_hash, created_at_ms, expires_at_ms, used_for) VALUES (?, ?, ?, ?, ?)`,
    ),
    removeEnrolment: database.prepare('DELETE FROM enrolments WHERE detector_id = ?'),
    enrolments: database.prepare<[], EnrolmentRow>(`SELECT ${enrolmentColumns} FROM enrolments ORDER BY detector_id`),
    enrolmentsOf: database.prepare<[string], EnrolmentRow>(
      `SELECT ${enrolmentColumns} FROM enrolments WHERE detector_id = ?`,
    ),
    useEnrolment: database.prepare(
      'UPDATE enrolments SET used_for = ? WHERE detector_id = ? AND secret_hash = ? AND used_for IS NULL',
    ),
    addCertificate: database.prepare(
      `INSERT INTO certificates (detector_id, issued_at_ms, serial, expires_at_ms, certificate, revoked_at_ms, revocation_reason)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    isRevoked: database.prepare<[string, string]>(
      'SELECT 1 FROM certificates WHERE detector_id = ? AND serial = ? AND revoked_at_ms IS NOT NULL',
    ),
    forget: database.prepare('DELETE FROM certificates WHERE detector_id = ? AND expires_at_ms < ?'),
    certificates: database.prepare<[], CertificateRow>(
      `SELECT ${certificateColumns} FROM certificates ${certificateOrder}`,
    ),
    certificatesOf: database.prepare<[string], CertificateRow>(
      `SELECT ${certificateColumns} FROM certificates WHERE detector_id = ? ${certificateOrder}`,
    ),
    revoke: database.prepare(
      `UPDATE certificates SET (revoked_at_ms, revocation_reason) = (?, ?)
       WHERE detector_id = ? AND serial = ? AND revoked_at_ms IS NULL`,
    ),
    revokeAll: database.prepare(
      `UPDATE certificates SET (revoked_at_ms, revocation_reason) = (?, ?) WHERE detector_id = ? AND revoked_at_ms IS NULL`,
    ),
  };
}
