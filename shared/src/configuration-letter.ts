import { InvalidInputError } from './errors.ts';
import { LetterContent } from './generated/tdc/v1/box_mail.ts';
import type { RawKeyPair } from './raw-key.ts';
import { letterKindToWire, signLetter, verifyLetter } from './signed-letter.ts';
import { msFromNs, nsFromMs } from './wire.ts';

/** Settings for one detector's box, as their author has signed them. They are no secret. */
export interface ConfigurationLetter {
  readonly detectorId: string;
  /** Rises with each letter of the author. */
  readonly sequence: number;
  readonly signedAtMs: number;
  /** YAML, as in the agent's configuration file. */
  readonly text: string;
}

export const configurationBytesMax = 8192;

/** Throws InvalidInputError for a text that is too long. */
export function signConfiguration(
  { detectorId, sequence, signedAtMs, text }: ConfigurationLetter,
  author: RawKeyPair,
): Uint8Array {
  expectBounded(text);
  const content = LetterContent.fromPartial({
    kind: letterKindToWire.configuration,
    detectorId,
    sequence,
    sealedAtNs: nsFromMs(signedAtMs),
    configuration: text,
  });
  return signLetter(content, author);
}

/**
 * Throws AccessError for a letter that the author with the fingerprint has not signed, InvalidInputError for one that is damaged, for another
 * detector or too long.
 */
export function openConfiguration(
  body: Uint8Array,
  expected: { readonly author: string; readonly detectorId: string },
): ConfigurationLetter {
  const content = verifyLetter(body, { kind: 'configuration', ...expected });
  const { detectorId, sequence, sealedAtNs, configuration: text } = content;
  expectBounded(text);
  return { detectorId, sequence, signedAtMs: msFromNs(sealedAtNs), text };
}

function expectBounded(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > configurationBytesMax) {
    throw new InvalidInputError(`the configuration has ${bytes} bytes: expected at most ${configurationBytesMax}`, {
      field: 'configuration',
    });
  }
}
