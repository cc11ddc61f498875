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

/**
 * What the file has of an author; of another author than wrote it, and without a file, nothing. Throws InvalidInputError for a damaged one,
 * UnavailableError for one that cannot be read.
 */
export function readConfiguration(path: string, author: string): RemoteConfiguration {
  let text: string;
  try {
    text = readSecretFile(fileOf(path));
  } catch (error) {
    if (error instanceof NotFoundError) return nothingRemote;
    throw error;
  }
  const { data } = schema.safeParse(jsonOf(text));
  if (data === undefined) {
    throw new InvalidInputError(
      `${fileOf(path).what} ${path} is damaged: remove it, and have the configuration sent again`,
    );
  }
  return data.author === author ? data.state : nothingRemote;
}

/** Puts it in place of what is there, in one step. Throws UnavailableError, having changed nothing. */
export function writeConfiguration(path: string, author: string, state: RemoteConfiguration): void {
  writeSecretFile(fileOf(path), `${JSON.stringify({ author, state }, undefined, 2)}\n`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
