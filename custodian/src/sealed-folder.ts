import { appendFileSync, chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { NotFoundError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { createSecretFile, readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';
import { openText, type Seal } from './sealed-text.ts';

/** What a folder has sealed under a passphrase. */
export interface Sealed<T> {
  /** Name of its file. */
  readonly name: string;
  /** What it is, in words that messages begin with. */
  readonly what: string;
  /** What makes one. */
  readonly madeBy: string;
  readonly parse: (text: string) => T;
  readonly format: (content: T) => string;
}

/** What was opened, and the way to change it. */
export interface Opened<T> {
  readonly content: T;
  /**
   * Replaces what is on disk. Throws PreconditionError, having changed nothing, when another command has changed it since it was opened:
   * two letters of the same number would be two truths.
   */
  save(content: T): void;
}

const fileOf = <T>(folder: string, { name, what }: Sealed<T>): SecretFile => ({
  path: join(folder, name),
  what,
  bytesMax: 16 * 1024 * 1024,
});

/** Makes a folder for its owner alone, with a new content in it. Throws PreconditionError when there is one already. */
export function createSealed<T>(folder: string, sealed: Sealed<T>, seal: Seal, content: T): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw new UnavailableError(`cannot make the folder ${folder}: ${messageOf(cause)}`, { cause });
  }
  createSecretFile(fileOf(folder, sealed), seal.seal(sealed.format(content)));
}

/** Throws NotFoundError when there is none, AccessError for another passphrase. */
export async function openSealed<T>(folder: string, sealed: Sealed<T>, passphrase: string): Promise<Opened<T>> {
  const file = fileOf(folder, sealed);
  let written = readOrTell(file, sealed);
  const { text, seal } = await openText(written, passphrase, `${file.what} ${file.path}`);
  return {
    content: sealed.parse(text),
    save(changed) {
      const next = seal.seal(sealed.format(changed));
      if (readSecretFile(file) !== written) {
        throw new PreconditionError(
          `${file.what} ${file.path} was changed by another tdc-custodian meanwhile: try again`,
        );
      }
      writeSecretFile(file, next);
      written = next;
    },
  };
}

/** Adds lines to a list in the folder; on disk when it returns. */
export function addRecords(folder: string, name: string, records: readonly object[]): void {
  const path = join(folder, name);
  try {
    const file = openSync(path, 'a', 0o600);
    try {
      appendFileSync(file, records.map((each) => `${JSON.stringify(each)}\n`).join(''));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new UnavailableError(`the list ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

function readOrTell<T>(file: SecretFile, { madeBy }: Sealed<T>): string {
  try {
    return readSecretFile(file);
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new NotFoundError(`${cause.message}: make one with "${madeBy}"`, { cause });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
