import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Crockford's: no letter in it is taken for a digit when it is read out loud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const characters = 24;
const groupCharacters = 4;

/**
 * What two people compare to know that they mean the same public key: the first 120 bits of its SHA-256, in six groups of four
 * characters. `purpose` tells keys of different use apart.
 */
export function fingerprintOf(purpose: 'box' | 'custodian' | 'config-author', publicKey: Uint8Array): string {
  const digest = createHash('sha256').update(`tdc/fingerprint/v1\0${purpose}\0`).update(publicKey).digest();
  const bits = [...digest].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  const text = Array.from({ length: characters }, (_, i) => alphabet[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)]);
  return text.join('').replace(new RegExp(`.{${groupCharacters}}(?=.)`, 'g'), '$&-');
}

/** A fingerprint as it is written down: in capitals or not, with blanks or dashes or none. */
export const fingerprintSchema = z.string().transform((text, context) => {
  const bare = text.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  if (bare.length !== characters || [...bare].some((each) => !alphabet.includes(each))) {
    context.addIssue({ code: 'custom', message: 'expected a fingerprint: six groups of four letters and digits' });
    return z.NEVER;
  }
  return bare.replace(new RegExp(`.{${groupCharacters}}(?=.)`, 'g'), '$&-');
});
