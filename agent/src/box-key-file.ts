import { InvalidInputError, NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import { newKeyPair, type RawKeyPair, rawKeyBytes } from '@tdc/shared/raw-key.ts';
import { createSecretFile, readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';
import { z } from 'zod';

/** The box's own key pair, which letters to it are sealed to, and the last letter that it has taken. */
export interface BoxKey extends RawKeyPair {
  readonly fingerprint: string;
  /** Sequence of the last letter taken; 0 before the first. */
  readonly letter: number;
}

const fileOf = (path: string): SecretFile => ({ path, what: 'box key file', bytesMax: 4096 });
const rawKey = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')));
const schema = z.strictObject({
  public_key: rawKey.refine((key) => key.length === rawKeyBytes),
  private_key: rawKey.refine((key) => key.length === rawKeyBytes),
  letter: z.int().min(0),
});

/**
 * The key of this box, which is made where there is none. Throws InvalidInputError when the file is damaged or open to others,
 * UnavailableError when the disk does not give or take it.
 */
export function openBoxKey(path: string): BoxKey {
  try {
    return readBoxKey(path);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  try {
    createSecretFile(fileOf(path), textOf({ ...newKeyPair('x25519'), letter: 0 }));
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof PreconditionError)) throw error;
  }
  return readBoxKey(path);
}

/** Throws NotFoundError where there is none, else as `openBoxKey`. */
export function readBoxKey(path: string): BoxKey {
  const text = readSecretFile(fileOf(path));
  const parsed = schema.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw new InvalidInputError(
      `box key file ${path} is damaged: remove it, and give the key custodian the fingerprint of the new one`,
    );
  }
  const { public_key: publicKey, private_key: privateKey, letter } = parsed.data;
  return { publicKey, privateKey, letter, fingerprint: fingerprintOf('box', publicKey) };
}

/** Notes the last letter taken. */
export function writeBoxKey(path: string, key: BoxKey): void {
  writeSecretFile(fileOf(path), textOf(key));
}

const textOf = ({ publicKey, privateKey, letter }: Omit<BoxKey, 'fingerprint'>): string =>
  `${JSON.stringify({ public_key: base64(publicKey), private_key: base64(privateKey), letter }, undefined, 2)}\n`;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The parser's own message would quote the text, which is secret. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
