import { createHash, timingSafeEqual } from 'node:crypto';

/** What is kept of the secret of a token. The detector is in it: a secret is good for one detector alone. */
export const secretHashOf = (detectorId: string, secret: Uint8Array): string =>
  createHash('sha256').update(`tdc enrolment of ${detectorId}\n`).update(secret).digest('hex');

export function isSecretOf(secretHash: string, detectorId: string, secret: Uint8Array): boolean {
  const [kept, given] = [Buffer.from(secretHash), Buffer.from(secretHashOf(detectorId, secret))];
  return kept.length === given.length && timingSafeEqual(kept, given);
}
