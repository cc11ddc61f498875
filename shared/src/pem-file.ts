import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvalidInputError } from './errors.ts';

/** An option and the file that it names. */
export interface NamedFile {
  readonly option: string;
  readonly file: string;
}

/** A certificate, with those that lead to its authority, and its private key; both in PEM. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a PEM file of certificates. Throws InvalidInputError with the option when it cannot be read or is damaged; what is in it
 * is never told.
 */
export function readCertificates(named: NamedFile): Buffer {
  const content = readPem(named);
  certificatesIn(content, named);
  return content;
}

/** Reads a certificate and its private key. Throws InvalidInputError as above, and when they do not belong together. */
export function readKeyPair(cert: NamedFile, key: NamedFile): KeyPair {
  const pair = { cert: readPem(cert), key: readPem(key) };
  const [own] = certificatesIn(pair.cert, cert);
  if (!own?.checkPrivateKey(privateKeyIn(pair.key, key)))
    throw refusal(key, `not the key of ${cert.option} ${cert.file}`);
  return pair;
}

function readPem(named: NamedFile): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(named.file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new InvalidInputError(`${named.option} ${named.file} cannot be read: ${reason}`, {
      field: named.option,
      cause: error,
    });
  }
  if (!content.includes('-----BEGIN ')) throw refusal(named, 'expected a file in PEM format');
  return content;
}

const beginning = '-----BEGIN CERTIFICATE-----';

function certificatesIn(content: Buffer, named: NamedFile): readonly X509Certificate[] {
  // What stands before the first is a comment.
  const [, ...parts] = content.toString('latin1').split(beginning);
  if (parts.length === 0) throw refusal(named, 'expected a certificate in PEM format');
  return parts.map((part) => {
    try {
      return new X509Certificate(beginning + part);
    } catch {
      throw refusal(named, 'a certificate in it is damaged');
    }
  });
}

function privateKeyIn(content: Buffer, named: NamedFile): KeyObject {
  try {
    return createPrivateKey(content);
  } catch {
    throw refusal(named, 'expected a private key in PEM format without a passphrase; this is none, or damaged');
  }
}

const refusal = ({ option, file }: NamedFile, why: string): InvalidInputError =>
  new InvalidInputError(`${option} ${file}: ${why}`, { field: option });
