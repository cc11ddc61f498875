import { appendFileSync, chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { NotFoundError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { createSecretFile, readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';
import { type Custody, formatCustody, parseCustody } from './custody.ts';
import { openText, type Seal } from './sealed-text.ts';

const fileOf = (folder: string): SecretFile => ({
  path: join(folder, 'custody.json'),
  what: 'custody',
  bytesMax: 16 * 1024 * 1024,
});

/** A custody that was opened, and the way to change it. */
export interface OpenCustody {
  readonly custody: Custody;
  /**
   * Replaces what is on disk. Throws PreconditionError, having changed nothing, when another command has changed it since it was opened:
   * two letters of the same number would be two truths.
   */
  save(custody: Custody): void;
}

/** Makes a folder for its owner alone, with a new custody in it. Throws PreconditionError when there is one already. */
export function createCustody(folder: string, seal: Seal, custody: Custody): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw new UnavailableError(`cannot make the folder ${folder}: ${messageOf(cause)}`, { cause });
  }
  createSecretFile(fileOf(folder), seal.seal(formatCustody(custody)));
}

/** Throws NotFoundError when there is none, AccessError for another passphrase. */
export async function openCustody(folder: string, passphrase: string): Promise<OpenCustody> {
  const file = fileOf(folder);
  let written = readOrTell(file);
  const { text, seal } = await openText(written, passphrase, `custody ${file.path}`);
  return {
    custody: parseCustody(text),
    save(changed) {
      const sealed = seal.seal(formatCustody(changed));
      if (readSecretFile(file) !== written) {
        throw new PreconditionError(`custody ${file.path} was changed by another tdc-custodian meanwhile: try again`);
      }
      writeSecretFile(file, sealed);
      written = sealed;
    },
  };
}

/** A key that left the custody. */
export interface HandOut {
  readonly time: string;
  readonly detector_id: string;
  readonly box_key_fingerprint: string;
  readonly epoch: number;
  readonly letter: number;
  /** Why, of a key that replaces another; null else. */
  readonly reason: string | null;
}

/** Adds to the list of what was handed out; on disk when it returns. */
export function recordHandOuts(folder: string, handOuts: readonly HandOut[]): void {
  const path = join(folder, 'hand-outs.ndjson');
  try {
    const file = openSync(path, 'a', 0o600);
    try {
      appendFileSync(file, handOuts.map((each) => `${JSON.stringify(each)}\n`).join(''));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new UnavailableError(`the list of hand-outs ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

function readOrTell(file: SecretFile): string {
  try {
    return readSecretFile(file);
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new NotFoundError(`${cause.message}: make one with "tdc-custodian init"`, { cause });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
