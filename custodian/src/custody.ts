import { fingerprintOf, fingerprintSchema } from '@tdc/shared/fingerprint.ts';
import { KeyChain, type KeyChainState } from '@tdc/shared/key-chain.ts';
import { formatKeyText, letterSequenceMax, parseKeyText } from '@tdc/shared/key-text.ts';
import type { RawKeyPair } from '@tdc/shared/raw-key.ts';
import { z } from 'zod';
import { rawKeyText, rawPublicKeyText } from './raw-key-text.ts';

/** A box that the custodian gives keys to. */
export interface ApprovedBox {
  /** Of its public key, as its installer has read it out. */
  readonly fingerprint: string;
  /** Known since the first letter to it. */
  readonly publicKey?: Uint8Array;
}

/** Everything that a key custodian has in custody. Secret. */
export interface Custody {
  readonly key: KeyChainState;
  /** Signs the letters (Ed25519). */
  readonly author: RawKeyPair;
  /** Of the last letters; rises for ever. */
  readonly sequence: number;
  /** By detector. */
  readonly boxes: ReadonlyMap<string, ApprovedBox>;
}

/** What boxes are told to trust. */
export const custodianFingerprint = ({ author }: Custody): string => fingerprintOf('custodian', author.publicKey);

const schema = z.strictObject({
  key: z.string(),
  author: rawKeyText.schema,
  sequence: z.int().min(0).max(letterSequenceMax),
  boxes: z.record(
    z.string(),
    z.strictObject({ fingerprint: fingerprintSchema, public_key: rawPublicKeyText.schema.optional() }),
  ),
});

/** Reads what `formatCustody` wrote. */
export function parseCustody(text: string): Custody {
  const { key, author, sequence, boxes } = schema.parse(JSON.parse(text));
  return {
    key: parseKeyText(key, 'the custody'),
    author,
    sequence,
    boxes: new Map(
      Object.entries(boxes).map(([detectorId, { fingerprint, public_key: publicKey }]) => [
        detectorId,
        { fingerprint, ...(publicKey && { publicKey }) },
      ]),
    ),
  };
}

/** Secret: to be sealed before it is written anywhere. */
export function formatCustody({ key, author, sequence, boxes }: Custody): string {
  return JSON.stringify({
    key: formatKeyText(key),
    author: rawKeyText.format(author),
    sequence,
    boxes: Object.fromEntries(
      [...boxes].map(([detectorId, { fingerprint, publicKey }]) => [
        detectorId,
        { fingerprint, ...(publicKey && { public_key: rawPublicKeyText.format(publicKey) }) },
      ]),
    ),
  });
}

/** With the key of the time, as the boxes have it; keys that are over are not in it any more. */
export function advanced(custody: Custody, nowMs: number): Custody {
  // The boxes look back over a change of epoch, the custodian does not.
  using chain = new KeyChain(custody.key, { overlapMs: 0, tagBits: 128 });
  chain.advanceTo(nowMs);
  return { ...custody, key: chain.snapshot() };
}
