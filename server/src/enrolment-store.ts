/** The right of one box to enrol as a detector. Times are Unix milliseconds. */
export interface Enrolment {
  readonly detectorId: string;
  /** Of the secret of its token, hexadecimal. */
  readonly secretHash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Serial number of the certificate that was got with it; absent while nobody has used it. */
  readonly usedFor?: string;
}

export interface Revocation {
  readonly atMs: number;
  /** For people. */
  readonly reason: string;
}

/** A certificate of a detector that was issued. */
export interface CertificateRecord {
  readonly detectorId: string;
  /** Lower-case hexadecimal digits. */
  readonly serial: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly revocation?: Revocation;
}

/** Port: who may become a detector, and the certificates of those that did. Reads miss nothing that was committed before. */
export interface EnrolmentStore {
  /** Adds an enrolment, in place of an earlier one of the detector. Throws PreconditionError when that is not in the network. */
  putEnrolment(enrolment: Enrolment, signal: AbortSignal): Promise<void>;
  /** Removes a detector's enrolment, used or not. Throws NotFoundError when there is none. */
  removeEnrolment(detectorId: string, signal: AbortSignal): Promise<void>;
  /** By detector, rising: one at most of each; only that of one detector, if it is given. A detector that is removed has none. */
  enrolments(signal: AbortSignal, detectorId?: string): Promise<readonly Enrolment[]>;
  /**
   * Uses an enrolment for a certificate of its detector, at once and once: the enrolment is used for it, the certificate is on record, and all earlier
   * ones of the detector are revoked, at the time it was issued and for the reason given. Resolves to `changed`, having done
   * nothing, when the enrolment is no longer the one that was read, unused: somebody was quicker.
   */
  useEnrolment(
    enrolment: Enrolment,
    certificate: CertificateRecord,
    reason: string,
    signal: AbortSignal,
  ): Promise<'used' | 'changed'>;
  /**
   * Puts a certificate on record, unless the one that it renews is revoked: resolves to `revoked` then, having done nothing. Removes those of
   * its detector that ended before a time. Idempotent.
   */
  addCertificate(
    certificate: CertificateRecord,
    renewal: { readonly renews?: string; readonly forgetBeforeMs: number },
    signal: AbortSignal,
  ): Promise<'added' | 'revoked'>;
  /** By detector, then by when they were issued, rising; only those of one detector, if it is given. */
  certificates(signal: AbortSignal, detectorId?: string): Promise<readonly CertificateRecord[]>;
  /**
   * Revokes a certificate of a detector, by its serial number, or all that are on record by then. One that is revoked already stays as it is.
   * Resolves to how many were not.
   */
  revoke(detectorId: string, serial: string | 'all', revocation: Revocation, signal: AbortSignal): Promise<number>;
}
