import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { detectorIdOf } from '@tdc/shared/detector-certificate.ts';
import { collectorAddressPattern } from '@tdc/shared/enrolment-token.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';

/** What makes a box a detector of its network. */
export interface Identity {
  /** host:port */
  readonly collectorAddress: string;
  /** Its own, which names the detector. */
  readonly certificate: X509Certificate;
  /** Who signed it, and signs those of the servers. */
  readonly authority: X509Certificate;
  readonly privateKey: KeyObject;
}

const secretFileOf = (path: string): SecretFile => ({ path, what: 'identity file', bytesMax: 65_536 });

/**
 * Reads the identity of this box. Throws NotFoundError when there is no file, InvalidInputError when it is damaged or open to others,
 * UnavailableError when it cannot be read.
 */
export function readIdentity(path: string): Identity {
  const text = readSecretFile(secretFileOf(path));
  try {
    return parsed(text);
  } catch (cause) {
    throw new InvalidInputError(`identity file ${path} is damaged: enrol this box again with "tdc-agent enrol"`, {
      field: 'identity.file',
      cause,
    });
  }
}

/** Puts an identity in place of the one that is there, or of none: after a power cut it is the one or the other, and whole. */
export function writeIdentity(path: string, identity: Identity): void {
  writeSecretFile(secretFileOf(path), formatted(identity));
}

export const detectorOf = ({ certificate }: Identity): string => detectorIdOf(certificate) ?? '';

/**
 * All of it is one file, so that it changes in one step. PEM lets text stand before its blocks; the options of TLS take the file for each of
 * authority, certificate and key.
 */
function formatted({ collectorAddress, certificate, authority, privateKey }: Identity): string {
  return [
    `This makes a box detector ${detectorIdOf(certificate)}: whoever has it is the detector.\n`,
    `collector: ${collectorAddress}\n`,
    certificate.toString(),
    authority.toString(),
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ].join('');
}

function parsed(text: string): Identity {
  const collectorAddress = /^collector: (\S+)$/m.exec(text)?.[1] ?? '';
  const blocks = text.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----\n/g) ?? [];
  const [certificate = '', authority = '', key = ''] = blocks;
  const identity = {
    collectorAddress,
    certificate: new X509Certificate(certificate),
    authority: new X509Certificate(authority),
    privateKey: createPrivateKey(key),
  };
  if (!collectorAddressPattern.test(collectorAddress)) throw new Error('no collector');
  if (detectorIdOf(identity.certificate) === undefined) throw new Error('no detector in the certificate');
  if (!identity.certificate.checkPrivateKey(identity.privateKey)) throw new Error('the key of another certificate');
  return identity;
}
