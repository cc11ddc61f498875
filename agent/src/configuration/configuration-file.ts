import { rmSync } from 'node:fs';
import { InvalidInputError, NotFoundError } from '@tdc/shared/errors.ts';
import { readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';
import { z } from 'zod';
import { nothingRemote, type RemoteConfiguration } from './remote-configuration.ts';

/** Twice the longest text, each of its characters escaped, and the reason of a refusal. */
const bytesMax = 131_072;
const fileOf = (path: string): SecretFile => ({ path, what: 'file of the configuration by letter', bytesMax });

const sequence = z.int().min(0);
const signed = z.strictObject({ sequence, text: z.string() });
const refused = z.strictObject({
  sequence,
  refusal: z.enum(['refused', 'rolled-back']),
  reason: z.string(),
  atMs: z.number(),
});
const schema = z.strictObject({
  detectorId: z.string(),
  author: z.string(),
  state: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('settled'),
      sequence,
      refused: refused.exactOptional(),
      current: signed.exactOptional(),
    }),
    z.strictObject({
      type: z.literal('probation'),
      sequence,
      refused: refused.exactOptional(),
      candidate: signed,
      starts: z.int().min(0),
      before: signed.exactOptional(),
    }),
  ]),
});

/** For which detector, and by whom: what a box has for another, or of another, counts for nothing. */
export interface Between {
  readonly detectorId: string;
  /** Fingerprint. */
  readonly author: string;
}

/**
 * What the file has for a detector, of an author; without a file nothing. Throws InvalidInputError for a damaged one, UnavailableError for one that
 * cannot be read.
 */
export function readConfiguration(path: string, { detectorId, author }: Between): RemoteConfiguration {
  const written = readWritten(path);
  return written?.detectorId === detectorId && written.author === author ? written.state : nothingRemote;
}

/** Puts it in place of what is there, in one step. Throws UnavailableError, having changed nothing. */
export function writeConfiguration(path: string, { detectorId, author }: Between, state: RemoteConfiguration): void {
  writeSecretFile(fileOf(path), `${JSON.stringify({ detectorId, author, state }, undefined, 2)}\n`);
}

/**
 * What came by letter is in force no more; its numbers stay, so that none of it comes again. A damaged file, which has none, goes. Throws
 * UnavailableError as the others do.
 */
export function forgetSettings(path: string): void {
  try {
    const written = readWritten(path);
    if (written === undefined) return;
    writeConfiguration(path, written, { type: 'settled', sequence: written.state.sequence });
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    rmSync(path);
  }
}

function readWritten(path: string): (Between & { readonly state: RemoteConfiguration }) | undefined {
  let text: string;
  try {
    text = readSecretFile(fileOf(path));
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
  const { data } = schema.safeParse(jsonOf(text));
  if (data === undefined) {
    throw new InvalidInputError(
      `${fileOf(path).what} ${path} is damaged: remove it, and have the configuration sent again`,
    );
  }
  return data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
