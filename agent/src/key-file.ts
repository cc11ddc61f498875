import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import type { KeyChainState } from '@tdc/shared/key-chain.ts';
import { formatKeyText, parseKeyText } from '@tdc/shared/key-text.ts';
import { createSecretFile, readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';

const fileOf = (path: string): SecretFile => ({ path, what: 'key file', bytesMax: 16_384 });

/**
 * Reads the key of the network. Throws NotFoundError when there is no file, InvalidInputError when it is damaged or others than
 * its owner can read it, UnavailableError when it cannot be read.
 */
export function readKeyFile(path: string): KeyChainState {
  return parseKeyText(textOf(path), `key file ${path}`);
}

/** Puts a key in place of the one that is there, or of none: after a power cut it is the one or the other, and whole. */
export function writeKeyFile(path: string, state: KeyChainState): void {
  writeSecretFile(fileOf(path), formatKeyText(state));
}

/** As `writeKeyFile`, but throws PreconditionError when there is a file already. */
export function createKeyFile(path: string, state: KeyChainState): void {
  try {
    createSecretFile(fileOf(path), formatKeyText(state));
  } catch (cause) {
    if (!(cause instanceof PreconditionError)) throw cause;
    const advice = 'remove it first, if nothing in the network uses its key any more';
    throw new PreconditionError(`${cause.message}: ${advice}`, { cause });
  }
}

function textOf(path: string): string {
  try {
    return readSecretFile(fileOf(path));
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    const advice = 'make one with "tdc-agent key generate", or bring the network\'s with "tdc-agent key import"';
    throw new NotFoundError(`${cause.message}: ${advice}`, { cause });
  }
}
