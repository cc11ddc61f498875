import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import type { Box, LetterKind } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { letterKindFromWire } from '@tdc/shared/signed-letter.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import { isoTime } from '../records/iso-time.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';

export function addBoxesCommand(program: Command, run: Run): void {
  program
    .command('boxes')
    .description('the boxes that letters are sealed to, which wait for their key, and what waits for them')
    .action((_: object, command: Command) => run(command, boxes));
}

/** `tdc boxes` */
export async function boxes(context: ClientContext): Promise<void> {
  const answer = await ask(context, 'boxMail', context.boxMail.listBoxes, {});
  await writeRows(context, boxView, answer.boxes);
}

const fingerprintText = ({ boxKey }: Box): string => (boxKey.length === 0 ? '' : fingerprintOf('box', boxKey));

const kindWord = (kind: LetterKind): string => letterKindFromWire(kind) ?? 'unknown';

const boxView: View<Box> = {
  columns: [
    { title: 'detector', text: ({ detectorId }) => detectorId },
    { title: 'box key', text: fingerprintText },
    { title: 'state', text: ({ waitsForKey }) => (waitsForKey ? 'waits for its key' : '') },
    {
      title: 'letters',
      text: ({ letters }) => letters.map(({ kind, sequence }) => `${kindWord(kind)} ${sequence}`).join(', '),
    },
  ],
  fields: ['detector_id', 'box_key', 'box_key_fingerprint', 'box_key_put_at', 'waits_for_key', 'letters'],
  record: (box) => ({
    detector_id: box.detectorId,
    box_key: box.boxKey.length === 0 ? null : Buffer.from(box.boxKey).toString('base64'),
    box_key_fingerprint: fingerprintText(box) || null,
    box_key_put_at: box.boxKeyPutNs === 0n ? null : isoTime(msFromNs(box.boxKeyPutNs)),
    waits_for_key: box.waitsForKey,
    letters: box.letters.map(({ kind, sequence, putNs }) => ({
      kind: kindWord(kind),
      sequence,
      put_at: isoTime(msFromNs(putNs)),
    })),
  }),
};
