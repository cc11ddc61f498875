import type { PeerCertificate } from 'node:tls';
import { detectorIdIn } from '@tdc/shared/detector-certificate.ts';

/** What a good certificate of the network's authority says of who shows it. */
export interface CertificateIdentity {
  /** Undefined: it names no detector, or more than one. */
  readonly detectorId: string | undefined;
  /** Lower-case hex. */
  readonly serial: string;
  /** Unix milliseconds. */
  readonly validToMs: number;
}

export function certificateIdentity(certificate: PeerCertificate): CertificateIdentity {
  return {
    detectorId: detectorIdIn(certificate.subjectaltname),
    serial: certificate.serialNumber.toLowerCase(),
    validToMs: Date.parse(certificate.valid_to),
  };
}
