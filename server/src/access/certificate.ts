import type { PeerCertificate } from 'node:tls';
import { isDetectorId } from '@tdc/shared/wire.ts';

/** The name of a detector in its certificate, as a URI among the alternative names. */
const detectorUri = 'URI:urn:tdc:detector:';

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
  const names = (certificate.subjectaltname ?? '').split(', ').filter((name) => name.startsWith(detectorUri));
  const [detectorId, ...others] = names.map((name) => name.slice(detectorUri.length));
  const isOne = detectorId !== undefined && others.length === 0 && isDetectorId(detectorId);
  return {
    detectorId: isOne ? detectorId : undefined,
    serial: certificate.serialNumber.toLowerCase(),
    validToMs: Date.parse(certificate.valid_to),
  };
}
