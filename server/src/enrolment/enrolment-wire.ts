import {
  type DetectorCertificate,
  EnrolmentState,
  type Enrolment as WireEnrolment,
} from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { CertificateRecord, Enrolment } from '../enrolment-store.ts';

export function enrolmentToWire(enrolment: Enrolment, nowMs: number): WireEnrolment {
  const { detectorId, createdAtMs, expiresAtMs, usedFor } = enrolment;
  return {
    detectorId,
    createdAtNs: nsFromMs(createdAtMs),
    expiresAtNs: nsFromMs(expiresAtMs),
    state: stateOf(enrolment, nowMs),
    serial: usedFor ?? '',
  };
}

function stateOf({ usedFor, expiresAtMs }: Enrolment, nowMs: number): EnrolmentState {
  if (usedFor !== undefined) return EnrolmentState.ENROLMENT_STATE_USED;
  return expiresAtMs > nowMs ? EnrolmentState.ENROLMENT_STATE_OPEN : EnrolmentState.ENROLMENT_STATE_EXPIRED;
}

export function certificateToWire(record: CertificateRecord): DetectorCertificate {
  const { detectorId, serial, issuedAtMs, expiresAtMs, revocation } = record;
  return {
    detectorId,
    serial,
    issuedAtNs: nsFromMs(issuedAtMs),
    expiresAtNs: nsFromMs(expiresAtMs),
    revokedAtNs: nsFromMs(revocation?.atMs ?? 0),
    revocationReason: revocation?.reason ?? '',
  };
}
