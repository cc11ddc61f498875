import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import { formatKeyText } from '@tdc/shared/key-text.ts';
import { sealLetter } from '@tdc/shared/letter.ts';
import type { BoxRequest } from './box-request.ts';
import type { Custody } from './custody.ts';
import { type HandOut, type OpenCustody, recordHandOuts } from './custody-folder.ts';
import { letterLine } from './letter-line.ts';

export interface Writing {
  readonly folder: string;
  readonly open: OpenCustody;
  /** What is to be in the letters, before their number is taken. */
  readonly custody: Custody;
  readonly boxes: readonly BoxRequest[];
  readonly nowMs: number;
  readonly reason: string | null;
}

/**
 * Writes letters with the custody's key, a line each (NDJSON). Their number is taken and what is handed out is on record before any letter
 * leaves.
 */
export async function writeLetters({ folder, open, custody, boxes, nowMs, reason }: Writing): Promise<string> {
  const sequence = custody.sequence + 1;
  const known = boxes.map(({ detectorId, publicKey }) => {
    const fingerprint = fingerprintOf('box', publicKey);
    return [detectorId, { fingerprint, publicKey }] as const;
  });
  open.save({ ...custody, sequence, boxes: new Map([...custody.boxes, ...known]) });
  const { key, author } = custody;
  const text = formatKeyText(key);
  const letters = await Promise.all(
    boxes.map(async ({ detectorId, publicKey }) => {
      const header = { network: key.network, detectorId, sequence, sealedAtMs: nowMs };
      const body = await sealLetter(header, text, { boxKey: publicKey, author });
      return letterLine({ detectorId, kind: 'key', sequence, body });
    }),
  );
  recordHandOuts(
    folder,
    known.map(
      ([detectorId, { fingerprint }]): HandOut => ({
        time: new Date(nowMs).toISOString(),
        detector_id: detectorId,
        box_key_fingerprint: fingerprint,
        epoch: key.replacement?.epoch ?? key.epoch,
        letter: sequence,
        reason,
      }),
    ),
  );
  return letters.join('');
}
