import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { ClientContext } from '../context.ts';
import { print } from '../formats/row-writer.ts';

export type Pieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

export interface Destination {
  /** Absent, or `-`: standard output. */
  readonly file?: string | undefined;
  /** Whether what is written is nothing for a terminal. */
  readonly isBinary: boolean;
}

/** Throws InvalidInputError before anything is asked for, where writing could not end well. */
export async function expectWritable({ stdout }: Pick<ClientContext, 'stdout'>, to: Destination): Promise<void> {
  const file = fileOf(to);
  if (file === undefined) {
    if (!to.isBinary || stdout.isTTY !== true) return;
    throw new InvalidInputError('this format is binary and is not written to a terminal: give --file, or a pipe', {
      field: '--file',
    });
  }
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() === false) throw problemOf(file, 'expected a file, or the name of a new one');
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw problemOf(file, `there is no folder ${dirname(file)}`);
}

/** Writes all of it, or leaves what there was under the name: a file that is not whole never has it. */
export async function writeTo(context: ClientContext, to: Destination, pieces: Pieces): Promise<void> {
  const file = fileOf(to);
  if (file === undefined) {
    for await (const piece of pieces) {
      context.signal.throwIfAborted();
      await print(context.stdout, piece, context.signal);
    }
    return;
  }
  const partial = join(dirname(file), `.${basename(file)}.${process.pid}.partial`);
  try {
    await writeWhole(partial, pieces, context.signal);
    await rename(partial, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(partial, { force: true });
    throw isSystemError(error) ? new Error(`${file}: ${error.message}`, { cause: error }) : error;
  }
}

async function writeWhole(path: string, pieces: Pieces, signal: AbortSignal): Promise<void> {
  const handle: FileHandle = await open(path, 'wx');
  try {
    for await (const piece of pieces) {
      signal.throwIfAborted();
      if (piece.length > 0) await handle.appendFile(piece);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const fileOf = ({ file }: Destination): string | undefined => (file === '-' ? undefined : file);

const problemOf = (file: string, message: string): InvalidInputError =>
  new InvalidInputError(`--file ${file}: ${message}`, { field: '--file' });

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;
