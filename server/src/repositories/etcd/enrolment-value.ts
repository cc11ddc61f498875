/** Enrolments and certificates as JSON in etcd. */
import { z } from 'zod';
import type { CertificateRecord, Enrolment } from '../../enrolment-store.ts';
import { jsonOf } from './event-value.ts';

const enrolmentSchema = z.object({
  secret_hash: z.string(),
  created_at_ms: z.number(),
  expires_at_ms: z.number(),
  used_for: z.string().optional(),
});

const certificateSchema = z.object({
  serial: z.string(),
  issued_at_ms: z.number(),
  expires_at_ms: z.number(),
  certificate: z.base64(),
  revoked_at_ms: z.number().optional(),
  revocation_reason: z.string().default(''),
});

export function enrolmentToValue({ secretHash, createdAtMs, expiresAtMs, usedFor }: Enrolment): string {
  return JSON.stringify({
    secret_hash: secretHash,
    created_at_ms: createdAtMs,
    expires_at_ms: expiresAtMs,
    used_for: usedFor,
  });
}

/** Undefined for what is none. */
export function enrolmentOfValue(detectorId: string, value: Buffer): Enrolment | undefined {
  const parsed = enrolmentSchema.safeParse(jsonOf(value));
  if (!parsed.success) return undefined;
  const { secret_hash, created_at_ms, expires_at_ms, used_for } = parsed.data;
  const enrolment = { detectorId, secretHash: secret_hash, createdAtMs: created_at_ms, expiresAtMs: expires_at_ms };
  return used_for === undefined ? enrolment : { ...enrolment, usedFor: used_for };
}

export function certificatesToValue(records: readonly CertificateRecord[]): string {
  return JSON.stringify(
    records.map(({ serial, issuedAtMs, expiresAtMs, certificate, revocation }) => ({
      serial,
      issued_at_ms: issuedAtMs,
      expires_at_ms: expiresAtMs,
      certificate: Buffer.from(certificate).toString('base64'),
      revoked_at_ms: revocation?.atMs,
      revocation_reason: revocation?.reason,
    })),
  );
}

/** Throws for a value that is none: who is revoked must never be forgotten. */
export function certificatesOfValue(detectorId: string, value: Buffer): readonly CertificateRecord[] {
  return z
    .array(certificateSchema)
    .parse(jsonOf(value))
    .map(({ serial, issued_at_ms, expires_at_ms, certificate, revoked_at_ms, revocation_reason }) => ({
      detectorId,
      serial,
      issuedAtMs: issued_at_ms,
      expiresAtMs: expires_at_ms,
      certificate: Buffer.from(certificate, 'base64'),
      ...(revoked_at_ms === undefined ? {} : { revocation: { atMs: revoked_at_ms, reason: revocation_reason } }),
    }));
}
