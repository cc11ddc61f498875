import { createHash, randomBytes } from 'node:crypto';

/** Tells a token wherever it turns up: in a shell's history, a log, a repository of code. */
const prefix = 'tdc_';
const secretBytes = 32;
const pattern = /^tdc_[A-Za-z0-9_-]{43}$/;

/** A new token: 256 bits of the system's randomness. */
export const newToken = (random: (bytes: number) => Buffer = randomBytes): string =>
  prefix + random(secretBytes).toString('base64url');

export const isToken = (text: string): boolean => pattern.test(text);

/**
 * What a token is kept and looked for by. Plain SHA-256 is enough: 256 random bits cannot be tried one by one, unlike a password. The
 * look-up by the hash needs no constant time: who measures it learns of hashes, from which no token can be made.
 */
export function hashedToken(token: string): { readonly id: string; readonly hash: string } {
  const hash = createHash('sha256').update(token).digest('hex');
  return { id: hash.slice(0, 16), hash };
}
