import { createHash, randomBytes } from 'node:crypto';
import { fromCrockford, toCrockford } from './crockford.ts';
import { InvalidInputError } from './errors.ts';
import { detectorIdExpected, isDetectorId, quoted } from './wire.ts';

/**
 * What a box needs to become a detector of a network, in one line that a person can type:
 *
 *     D1@collector.example:9000/8ZK3VN-0QW4TB-...
 *
 * The detector and the collector are for reading. Behind the slash are 240 bits in eight groups of six characters: who the collector is
 * (the pin), the right to enrol (the secret), and a checksum over all of it, so that a slip is found before anything is sent.
 */
export interface EnrolmentToken {
  readonly detectorId: string;
  /** host:port */
  readonly collectorAddress: string;
  /** The beginning of the SHA-256 of the public key of the network's authority: see pinOf. */
  readonly pin: Uint8Array;
  readonly secret: Uint8Array;
}

/** 128 bits: another key with the same pin cannot be found. */
const pinBytes = 16;
/** 96 bits: it lives for a day, and is only ever tried at the collector. */
const secretBytes = 12;
const checksumBytes = 2;
const groupLength = 6;
/** Nothing that a person writes; keeps what reads a token bounded. */
const textLengthMax = 500;

export const newEnrolmentSecret = (): Uint8Array => randomBytes(secretBytes);

/** Tells an authority by its public key, in DER (SubjectPublicKeyInfo). */
export const pinOf = (publicKeyDer: Uint8Array): Uint8Array =>
  createHash('sha256').update(publicKeyDer).digest().subarray(0, pinBytes);

export const collectorAddressPattern = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]{1,253}):\d{1,5}$/;

export function formatEnrolmentToken(token: EnrolmentToken): string {
  const { detectorId, collectorAddress, pin, secret } = token;
  const code = toCrockford(Buffer.concat([pin, secret, checksumOf(token)]));
  const groups = code.match(new RegExp(`.{1,${groupLength}}`, 'g')) ?? [];
  return `${detectorId}@${collectorAddress}/${groups.join('-')}`;
}

const expected = 'expected detector@host:port/ and eight groups of six characters, as "tdc enrol create" printed it';

/** Reads a token as a person typed it: upper or lower case, with or without hyphens. Throws InvalidInputError, which does not tell the secret. */
export function parseEnrolmentToken(text: string): EnrolmentToken {
  const [, detectorId = '', collectorAddress = '', typed = ''] =
    text.length > textLengthMax ? [] : (/^\s*([^@\s]+)@([^/\s]+)\/([\s\w-]+)$/.exec(text) ?? []);
  if (typed === '') throw refusal(`this is no token: ${expected}`);
  if (!isDetectorId(detectorId)) throw refusal(`its detector ${quoted(detectorId)}: expected ${detectorIdExpected}`);
  if (!collectorAddressPattern.test(collectorAddress))
    throw refusal(`its collector ${quoted(collectorAddress)}: expected host:port`);
  const bytes = codeBytes(typed.replace(/[\s_-]/g, ''));
  const pin = bytes.subarray(0, pinBytes);
  const secret = bytes.subarray(pinBytes, pinBytes + secretBytes);
  const token = { detectorId, collectorAddress, pin, secret };
  if (!checksumOf(token).equals(bytes.subarray(pinBytes + secretBytes)))
    throw refusal('its checksum is wrong: a character is mistyped, in the detector, the collector or the groups');
  return token;
}

function codeBytes(code: string): Uint8Array {
  const length = ((pinBytes + secretBytes + checksumBytes) * 8) / 5;
  if (code.length !== length)
    throw refusal(`${code.length} characters behind the slash: expected ${length}, hyphens not counted`);
  const bytes = fromCrockford(code);
  if (bytes === undefined) throw refusal('a character behind the slash is none of a token: there is no U in it');
  return bytes;
}

function checksumOf({ detectorId, collectorAddress, pin, secret }: EnrolmentToken): Buffer {
  const hash = createHash('sha256').update(`tdc enrolment token\n${detectorId}@${collectorAddress}\n`);
  return hash.update(pin).update(secret).digest().subarray(0, checksumBytes);
}

const refusal = (why: string): InvalidInputError => new InvalidInputError(`the token: ${why}`, { field: 'token' });
