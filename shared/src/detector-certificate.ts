import type { X509Certificate } from 'node:crypto';
import { isDetectorId } from './wire.ts';

const uriPrefix = 'urn:tdc:detector:';

/** The name of a detector in its certificate, a URI. */
export const detectorUri = (detectorId: string): string => `${uriPrefix}${detectorId}`;

/**
 * Whose certificate it is, by its alternative names in Node's words; undefined for one that names no detector, or more than one. What other
 * names it has does not matter.
 */
export function detectorIdIn(alternativeNames: string | undefined): string | undefined {
  const uris = (alternativeNames ?? '').split(', ').filter((name) => name.startsWith(`URI:${uriPrefix}`));
  const [detectorId, ...others] = uris.map((uri) => uri.slice(`URI:${uriPrefix}`.length));
  return detectorId !== undefined && others.length === 0 && isDetectorId(detectorId) ? detectorId : undefined;
}

export const detectorIdOf = ({ subjectAltName }: X509Certificate): string | undefined => detectorIdIn(subjectAltName);

/** As records and principals have it: lower-case hexadecimal digits. */
export const serialOf = (certificate: X509Certificate): string => certificate.serialNumber.toLowerCase();
