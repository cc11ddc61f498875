import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { rmSync } from 'node:fs';
import { newPrivateKey } from '@tdc/shared/certificate-request.ts';
import { InvalidInputError, NotFoundError } from '@tdc/shared/errors.ts';
import { readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';

const secretFileOf = (path: string): SecretFile => ({ path, what: 'file of the new key', bytesMax: 4096 });

/**
 * The key with which a box asks for its first certificate, on disk before it asks: a token is good for one key, and an answer can be lost. Another
 * token has another key.
 */
export function pendingKey(path: string, secret: Uint8Array): KeyObject {
  const heading = `for the token ${createHash('sha256').update(secret).digest('hex')}\n`;
  const kept = keptText(path);
  if (kept?.startsWith(heading)) return createPrivateKey(kept);
  const key = newPrivateKey();
  writeSecretFile(secretFileOf(path), heading + key.export({ type: 'pkcs8', format: 'pem' }));
  return key;
}

export const forgetPendingKey = (path: string): void => rmSync(path, { force: true });

/** A damaged one is of no use, and no reason not to begin anew. */
function keptText(path: string): string | undefined {
  try {
    const text = readSecretFile(secretFileOf(path));
    createPrivateKey(text);
    return text;
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof InvalidInputError) return undefined;
    if (error instanceof Error && 'opensslErrorStack' in error) return undefined;
    throw error;
  }
}
