import type { CertificateIdentity } from '../access/certificate.ts';
import type { EnrolmentStore } from '../enrolment-store.ts';

/**
 * Whether a certificate of the authority was taken back. One that is not on record is good: the authority signed it, and a repository
 * can be lost.
 */
export const revocationIn =
  (store: EnrolmentStore) =>
  async ({ detectorId, serial }: CertificateIdentity, signal: AbortSignal): Promise<boolean> => {
    if (detectorId === undefined) return false;
    const records = await store.certificates(signal, detectorId);
    return records.some((record) => record.serial === serial && record.revocation !== undefined);
  };
