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
import { InvalidInputError, NotFoundError, PreconditionError, UnavailableError } from './errors.ts';

/** A file that its owner alone may read. */
export interface SecretFile {
  readonly path: string;
  /** What it is, in words that messages begin with, such as `key file`. */
  readonly what: string;
  readonly bytesMax: number;
}

const othersMask = 0o077;

/**
 * The text of the file. Throws NotFoundError when there is none, InvalidInputError when others than its owner can use it or it is
 * too long, UnavailableError when it cannot be read. No message holds anything of the text.
 */
export function readSecretFile({ path, what, bytesMax }: SecretFile): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') throw new NotFoundError(`there is no ${what} ${path}`, { cause });
    throw new UnavailableError(`${what} ${path} cannot be read: ${codeOf(cause)}`, { cause });
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & othersMask) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw new InvalidInputError(
        `${what} ${path} is open to others (mode ${octal}): expected 0600, as "chmod 600 ${path}" sets it`,
      );
    }
    if (size > bytesMax) throw new InvalidInputError(`${what} ${path} has ${size} bytes: expected at most ${bytesMax}`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause;
    throw new UnavailableError(`${what} ${path} cannot be read: ${codeOf(cause)}`, { cause });
  } finally {
    closeSync(file);
  }
}

/** Puts a text in place of the one that is there, or of none: after a power cut it is the one or the other, and whole. */
export function writeSecretFile(file: SecretFile, text: string): void {
  place(file, text, renameSync);
}

/** As `writeSecretFile`, but throws PreconditionError when there is a file already. */
export function createSecretFile(file: SecretFile, text: string): void {
  place(file, text, (from, to) => {
    try {
      linkSync(from, to);
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw cause;
      throw new PreconditionError(`there is a ${file.what} ${to} already`, { cause });
    } finally {
      rmSync(from);
    }
  });
}

function place({ path, what }: SecretFile, text: string, settle: (from: string, to: string) => void): void {
  const directory = dirname(path);
  const temporary = `${path}.new`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    settle(temporary, path);
    syncDirectory(directory);
  } catch (cause) {
    if (cause instanceof PreconditionError) throw cause;
    throw new UnavailableError(`${what} ${path} cannot be written: ${codeOf(cause)}`, { cause });
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
