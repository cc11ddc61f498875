import { z } from 'zod';
import { InvalidInputError } from './errors.ts';
import { type KeyChainState, keyBytes } from './key-chain.ts';
import { keyEpochsOf } from './key-epoch.ts';

const epochMax = 2 ** 32 - 1;
export const letterSequenceMax = 2 ** 32 - 1;

const epoch = z
  .int('expected a whole number')
  .min(0, 'expected 0 or more')
  .max(epochMax, `expected at most ${epochMax}`);
const key = z.string(`expected ${keyBytes} bytes in base64`).transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== keyBytes || bytes.toString('base64') !== text) {
    context.addIssue({ code: 'custom', message: `expected ${keyBytes} bytes in base64` });
    return z.NEVER;
  }
  return Uint8Array.from(bytes);
});
const time = z.iso.datetime('expected a time such as 2026-07-01T02:00:00.000Z');
/** The name is part of what pseudonyms are made from, where a zero octet separates the parts. */
const network = z
  .string('expected a name')
  .regex(/^[^\p{Cc}]{1,64}$/u, 'expected 1 to 64 characters, no control characters');
const timeZone = z.string('expected a time zone').superRefine((zone, context) => {
  try {
    keyEpochsOf(zone);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    context.addIssue({ code: 'custom', message: 'expected a zone of the IANA database, such as Europe/Berlin or UTC' });
  }
});

const keyTextSchema = z.strictObject({
  network,
  time_zone: timeZone,
  epoch,
  key,
  previous: z.strictObject({ epoch, key, until: time }).optional(),
  replacement: z.strictObject({ epoch, key, from: time }).optional(),
  letter: z.int('expected a whole number').min(1, 'expected 1 or more').max(letterSequenceMax).optional(),
});

/**
 * Reads the text of a key file. Throws InvalidInputError with every problem in it, each by its field; no message ever holds what
 * the text says. `source` is where the text is from, in words.
 */
export function parseKeyText(text: string, source: string): KeyChainState {
  const parsed = keyTextSchema.safeParse(jsonOf(text, source));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message, code }) => {
      const where = path.length === 0 ? 'the key' : path.join('.');
      return `${where}: ${code === 'unrecognized_keys' ? 'holds a field that is not known' : message}`;
    });
    throw new InvalidInputError(`${source} holds no usable key: ${problems.join('; ')}`, {
      field: parsed.error.issues[0]?.path.join('.') ?? '',
    });
  }
  const { previous, replacement, letter, ...current } = parsed.data;
  return {
    network: current.network,
    timeZone: current.time_zone,
    epoch: current.epoch,
    key: current.key,
    ...(previous === undefined
      ? {}
      : { previous: { epoch: previous.epoch, key: previous.key, untilMs: Date.parse(previous.until) } }),
    ...(replacement === undefined
      ? {}
      : { replacement: { epoch: replacement.epoch, key: replacement.key, fromMs: Date.parse(replacement.from) } }),
    ...(letter === undefined ? {} : { letter }),
  };
}

/** What `parseKeyText` reads. Secret. */
export function formatKeyText({ network, timeZone, epoch, key, previous, replacement, letter }: KeyChainState): string {
  // What is undefined is left out.
  const text = {
    network,
    time_zone: timeZone,
    epoch,
    key: base64(key),
    previous: previous && {
      epoch: previous.epoch,
      key: base64(previous.key),
      until: new Date(previous.untilMs).toISOString(),
    },
    replacement: replacement && {
      from: new Date(replacement.fromMs).toISOString(),
      epoch: replacement.epoch,
      key: base64(replacement.key),
    },
    letter,
  };
  return `${JSON.stringify(text, undefined, 2)}\n`;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function jsonOf(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be the key.
    throw new InvalidInputError(`${source} holds no usable key: it is not JSON, or cut short`);
  }
}
