import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A raw public key, X25519 or Ed25519, and the private key with it. */
export interface RawKeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly privateKey: Uint8Array;
}

export const rawKeyBytes = 32;

/** A new pair of a box (X25519), or of somebody who signs letters (Ed25519). */
export function newKeyPair(type: 'x25519' | 'ed25519'): RawKeyPair {
  // The types of Node know each kind of key on its own only.
  const { privateKey } = type === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ed25519');
  const { x = '', d = '' } = privateKey.export({ format: 'jwk' });
  return { publicKey: bytesOf(x), privateKey: bytesOf(d) };
}

/** Of Ed25519. */
export const signingKey = ({ publicKey, privateKey }: RawKeyPair): KeyObject =>
  createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: textOf(publicKey), d: textOf(privateKey) },
    format: 'jwk',
  });

/** Of Ed25519. */
export const verifyingKey = (publicKey: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: textOf(publicKey) }, format: 'jwk' });

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'));
