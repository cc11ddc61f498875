import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { AccessError, InvalidInputError } from '@tdc/shared/errors.ts';
import { z } from 'zod';

/** N of scrypt for a new custody: 128 MiB and a good part of a second for each guess of a passphrase. */
export const scryptCost = 2 ** 17;
const scryptCostMin = 2 ** 14;
const [blockSize, parallel] = [8, 1];
const saltBytes = 16;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const cipher = 'aes-256-gcm';
const format = 'tdc-custody-1';

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const schema = z.strictObject({
  format: z.literal(format),
  scrypt: z.strictObject({
    n: z.int().min(scryptCostMin).max(scryptCost),
    r: z.literal(blockSize),
    p: z.literal(parallel),
    salt: base64.refine((salt) => salt.length === saltBytes),
  }),
  nonce: base64.refine((nonce) => nonce.length === nonceBytes),
  sealed: base64.refine((sealed) => sealed.length > tagBytes),
});

/** Seals texts under one passphrase, which is worked on once. */
export interface Seal {
  /** With a nonce of its own, by AES-256-GCM. */
  seal(text: string): string;
}

/** A seal with a new salt. `cost` is N of scrypt. */
export async function newSeal(passphrase: string, cost: number): Promise<Seal> {
  const salt = randomBytes(saltBytes);
  return sealOf(await keyOf(passphrase, salt, cost), salt, cost);
}

/** Throws AccessError for another passphrase, InvalidInputError for what is no sealed text. */
export async function openText(
  written: string,
  passphrase: string,
  source: string,
): Promise<{ readonly text: string; readonly seal: Seal }> {
  const parsed = schema.safeParse(jsonOf(written));
  if (!parsed.success) throw new InvalidInputError(`${source} is damaged, or is not of this version`);
  const { scrypt: parts, nonce, sealed } = parsed.data;
  const key = await keyOf(passphrase, parts.salt, parts.n);
  const opener = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(format));
  opener.setAuthTag(sealed.subarray(-tagBytes));
  try {
    const text = Buffer.concat([opener.update(sealed.subarray(0, -tagBytes)), opener.final()]).toString('utf8');
    return { text, seal: sealOf(key, parts.salt, parts.n) };
  } catch (cause) {
    throw new AccessError(`${source} does not open: the passphrase is another, or the file was changed`, { cause });
  }
}

const sealOf = (key: Buffer, salt: Buffer, cost: number): Seal => ({
  seal(text) {
    const nonce = randomBytes(nonceBytes);
    const sealer = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(format));
    const sealed = Buffer.concat([sealer.update(text, 'utf8'), sealer.final(), sealer.getAuthTag()]);
    const written = {
      format,
      scrypt: { n: cost, r: blockSize, p: parallel, salt: salt.toString('base64') },
      nonce: nonce.toString('base64'),
      sealed: sealed.toString('base64'),
    };
    return `${JSON.stringify(written)}\n`;
  },
});

function keyOf(passphrase: string, salt: Buffer, cost: number): Promise<Buffer> {
  const memoryBytes = 128 * cost * blockSize;
  const options = { N: cost, r: blockSize, p: parallel, maxmem: 2 * memoryBytes };
  return new Promise((resolve, reject) =>
    // The same characters are the same passphrase, however a keyboard composes them.
    scrypt(passphrase.normalize('NFKC'), salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
