import { PreconditionError, TdcError } from '@tdc/shared/errors.ts';
import type { Letter } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { readNdjsonFile } from '@tdc/shared/ndjson-file.ts';
import { letterKindToWire, letterWords } from '@tdc/shared/signed-letter.ts';
import type { Command } from 'commander';
import { z } from 'zod';
import { ask, type ClientContext, type Run } from './context.ts';
import { print } from './formats/row-writer.ts';

export function addLettersSendCommand(letters: Command, run: Run): void {
  letters
    .command('send')
    .description('leave signed letters at the server, where their boxes fetch them')
    .argument('<file>', 'as "tdc-custodian hand-out", "tdc-custodian replace" or "tdc-custodian config sign" wrote it')
    .action((file: string, _: object, command: Command) => run(command, (context) => lettersSend(context, file)));
}

/**
 * `tdc letters send`: sending the same file again changes nothing. One that the server does not take keeps the others from nothing. Throws
 * PreconditionError with all that were not taken, and why.
 */
export async function lettersSend(context: ClientContext, file: string): Promise<void> {
  const letters = readLetters(file);
  const refusals: string[] = [];
  for (const letter of letters) {
    const refusal = await refusalOf(context, letter);
    if (refusal !== undefined) refusals.push(refusal);
  }
  const waiting = letters.length - refusals.length;
  await print(context.stderr, `tdc: ${waiting} letters wait for their boxes\n`, context.signal);
  if (refusals.length > 0) throw new PreconditionError(refusals.join('\n'));
}

/** Why this letter is not taken; undefined once it is. Throws what is about the server and not about the letter. */
async function refusalOf(context: ClientContext, letter: Letter): Promise<string | undefined> {
  try {
    await ask(context, 'boxMail', context.boxMail.putLetter, { letter });
    return undefined;
  } catch (error) {
    const isAboutTheLetter = error instanceof TdcError && error.field.startsWith('letter');
    if (isAboutTheLetter) return error.message;
    throw error;
  }
}

const schema = z.object({
  detector_id: z.string(),
  kind: z.enum(letterWords),
  sequence: z.int(),
  letter: z.base64().transform((text) => Buffer.from(text, 'base64')),
});

/** Throws InvalidInputError naming line and field. */
const readLetters = (file: string): readonly Letter[] =>
  readNdjsonFile(file, schema).map(({ detector_id: detectorId, kind, sequence, letter: body }) => ({
    detectorId,
    kind: letterKindToWire[kind],
    sequence,
    body,
  }));
