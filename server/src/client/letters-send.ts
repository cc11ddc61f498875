import type { Letter } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { readNdjsonFile } from '@tdc/shared/ndjson-file.ts';
import { letterKindToWire } from '@tdc/shared/signed-letter.ts';
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

/** `tdc letters send`: sending the same file again changes nothing. */
export async function lettersSend(context: ClientContext, file: string): Promise<void> {
  const letters = readLetters(file);
  for (const letter of letters) await ask(context, 'boxMail', context.boxMail.putLetter, { letter });
  await print(context.stderr, `tdc: ${letters.length} letters wait for their boxes\n`, context.signal);
}

const schema = z.object({
  detector_id: z.string(),
  kind: z.enum(['key', 'configuration']),
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
