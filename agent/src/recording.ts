import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { pipeline as pipelineToEnd } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { InvalidInputError, NotFoundError, UnavailableError } from '@tdc/shared/errors.ts';
import { formatRecordedSighting, lineCharsMax, type RecordedSighting, recordingHeader } from './recorded-line.ts';

/** A file of lines that is being read, gzip or plain. */
export interface OpenRecording extends AsyncDisposable {
  readonly bytesTotal: number;
  /** Bytes of the file read so far. */
  bytesRead(): number;
  /**
   * Its lines, as many at a time as are read at once. A line beyond `lineCharsMax` is cut off just behind it. Throws
   * InvalidInputError when the gzip is damaged or cut short, after all lines before that.
   */
  lines(): AsyncIterable<readonly string[]>;
}

/** Codes of the system's own errors, such as ENOSPC. */
const systemCode = /^E(?!RR_)[A-Z0-9]+$/;
const gzipMagic = Buffer.from([0x1f, 0x8b]);

/** Throws NotFoundError, UnavailableError, or InvalidInputError when the file is empty, or no gzip in spite of its name. */
export async function openRecording(path: string): Promise<OpenRecording> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') throw new NotFoundError(`there is no recording ${path}`, { cause });
    throw new UnavailableError(`recording ${path} cannot be read: ${codeOf(cause)}`, { cause });
  });
  try {
    const { bytesTotal, isGzip } = await inspected(file, path);
    const stream = file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 17 });
    const gunzip = isGzip ? createGunzip({ chunkSize: 1 << 16 }) : undefined;
    if (gunzip !== undefined) pipeline(stream, gunzip, () => {});
    const text = (gunzip ?? stream).setEncoding('utf8');
    return {
      bytesTotal,
      bytesRead: () => stream.bytesRead,
      lines: () => linesOf(text, path),
      async [Symbol.asyncDispose]() {
        stream.destroy();
        gunzip?.destroy();
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Writes a recording, gzip when its name says so; there is no file of that name until it is complete. Resolves to its lines. */
export async function writeRecording(
  path: string,
  batches: AsyncIterable<readonly RecordedSighting[]>,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  async function* text() {
    yield `${recordingHeader}\n`;
    for await (const sightings of batches) {
      count += sightings.length;
      if (sightings.length > 0) yield `${sightings.map(formatRecordedSighting).join('\n')}\n`;
    }
  }
  const temporary = `${path}.part`;
  const unwritable = (cause: unknown) =>
    new UnavailableError(`recording ${path} cannot be written: ${codeOf(cause)}`, { cause });
  const file = await open(temporary, 'w', 0o600).catch((cause: unknown) => {
    throw unwritable(cause);
  });
  try {
    const source = Readable.from(text());
    const sink = file.createWriteStream({ flush: true });
    if (path.endsWith('.gz')) await pipelineToEnd(source, createGzip(), sink, { signal });
    else await pipelineToEnd(source, sink, { signal });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    signal.throwIfAborted();
    throw systemCode.test(codeOf(cause)) ? unwritable(cause) : cause;
  }
  return count;
}

async function inspected(file: FileHandle, path: string): Promise<{ bytesTotal: number; isGzip: boolean }> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new InvalidInputError(`recording ${path} is not a file`);
  if (stat.size === 0)
    throw new InvalidInputError(`recording ${path} is empty: expected the first line ${recordingHeader}`);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(gzipMagic.length), 0, gzipMagic.length, 0);
  const isGzip = buffer.subarray(0, bytesRead).equals(gzipMagic);
  if (path.endsWith('.gz') && !isGzip) throw new InvalidInputError(`recording ${path} is not gzip, as its name says`);
  return { bytesTotal: stat.size, isGzip };
}

async function* linesOf(text: AsyncIterable<string>, path: string): AsyncGenerator<readonly string[]> {
  let rest = '';
  try {
    for await (const chunk of text) {
      const read = `${rest}${chunk}`;
      const lines = read.split(read.includes('\r') ? /\r?\n/ : '\n');
      rest = (lines.pop() ?? '').slice(0, lineCharsMax + 1);
      yield lines;
    }
    if (rest !== '') yield [rest];
  } catch (cause) {
    if (!codeOf(cause).startsWith('Z_')) {
      throw new UnavailableError(`recording ${path} cannot be read: ${codeOf(cause)}`, { cause });
    }
    throw new InvalidInputError(`recording ${path} is damaged or cut short: ${codeOf(cause)}`, { cause });
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
