import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InvalidInputError, NotFoundError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { type KeyChainState, keyBytes } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { formatKeyText, parseKeyText } from './key-text.ts';

const fileBytesMax = 16_384;
const othersMask = 0o077;

/**
 * Reads the key of the network. Throws NotFoundError when there is no file, InvalidInputError when it is damaged or others than
 * its owner can read it, UnavailableError when it cannot be read.
 */
export function readKeyFile(path: string): KeyChainState {
  return parseKeyText(textOf(path), `key file ${path}`);
}

/** Puts a key in place of the one that is there, or of none: after a power cut it is the one or the other, and whole. */
export function writeKeyFile(path: string, state: KeyChainState): void {
  place(path, state, renameSync);
}

/** As `writeKeyFile`, but throws PreconditionError when there is a file already. */
export function createKeyFile(path: string, state: KeyChainState): void {
  place(path, state, (from) => {
    try {
      linkSync(from, path);
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw cause;
      throw new PreconditionError(
        `there is a key file ${path} already: remove it first, if nothing in the network uses its key any more`,
        { cause },
      );
    } finally {
      rmSync(from);
    }
  });
}

export interface NewKey {
  readonly network: string;
  readonly timeZone: string;
  /** The epoch that the key is for; that of now, unless given. */
  readonly epoch?: number;
  readonly nowMs: number;
}

/** A key nobody has: for the first box of a network, or for made-up traffic. */
export function generateKey(
  { network, timeZone, epoch, nowMs }: NewKey,
  fill: (bytes: Uint8Array) => void = randomFillSync,
): KeyChainState {
  const key = new Uint8Array(keyBytes);
  fill(key);
  return { network, timeZone, epoch: epoch ?? keyEpochsOf(timeZone).at(nowMs), key };
}

function textOf(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') {
      throw new NotFoundError(
        `there is no key file ${path}: make one with "tdc-agent key generate", or bring the network's with "tdc-agent key import"`,
        { cause },
      );
    }
    throw new UnavailableError(`key file ${path} cannot be read: ${codeOf(cause)}`, { cause });
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & othersMask) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw new InvalidInputError(
        `key file ${path} is open to others (mode ${octal}): expected 0600, as "chmod 600 ${path}" sets it`,
      );
    }
    if (size > fileBytesMax)
      throw new InvalidInputError(`key file ${path} has ${size} bytes: expected at most ${fileBytesMax}`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause;
    throw new UnavailableError(`key file ${path} cannot be read: ${codeOf(cause)}`, { cause });
  } finally {
    closeSync(file);
  }
}

function place(path: string, state: KeyChainState, settle: (from: string, to: string) => void): void {
  const directory = dirname(path);
  const temporary = `${path}.new`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, formatKeyText(state));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    settle(temporary, path);
    syncDirectory(directory);
  } catch (cause) {
    if (cause instanceof PreconditionError) throw cause;
    throw new UnavailableError(`key file ${path} cannot be written: ${codeOf(cause)}`, { cause });
  }
}

/** A file's name is on disk only once its directory is. */
function syncDirectory(directory: string): void {
  const file = openSync(directory, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
