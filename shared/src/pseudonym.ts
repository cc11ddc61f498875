import { createHmac } from 'node:crypto';
import type { Kind } from './event.ts';

const domain = 'tdc/tag/v1';

/** Bits of a tag: whole hexadecimal digits, long enough to tell devices apart, no longer than the contract allows. */
export const tagBitsMin = 24;
export const tagBitsMax = 128;
export const isTagBits = (bits: number): boolean => bits >= tagBitsMin && bits <= tagBitsMax && bits % 4 === 0;

/**
 * The pseudonym of an address: the first bits of HMAC-SHA-256(key, domain, network, kind, address), the parts separated by a zero
 * octet (none of them holds one), as lower-case hexadecimal. `address` in its normal form (see address-class.ts).
 */
export function tagOf(key: Uint8Array, network: string, kind: Kind, address: string, bits: number): string {
  const digest = createHmac('sha256', key).update(`${domain}\0${network}\0${kind}\0${address}`).digest('hex');
  return digest.slice(0, bits / 4);
}
