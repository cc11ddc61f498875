import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import { type BoxRequest, readRequests } from '../box-request.ts';
import { type Context, openAdvanced } from '../context.ts';
import type { Custody } from '../custody.ts';
import { writeLetters } from '../letters.ts';

/**
 * `tdc-custodian hand-out`: letters with the key for the boxes that ask for it and are approved. Resolves to whether all of them are.
 */
export async function handOut(context: Context, file: string): Promise<'all' | 'some'> {
  const requests = readRequests(file);
  const { open, custody, nowMs } = await openAdvanced(context);
  const boxes = requests.filter((request) => isApproved(custody, request));
  for (const { detectorId, publicKey } of requests.filter((request) => !isApproved(custody, request))) {
    const fingerprint = fingerprintOf('box', publicKey);
    const approved = custody.boxes.get(detectorId)?.fingerprint;
    const known = approved === undefined ? 'not approved' : `not the approved ${approved}`;
    context.stderr.write(
      `tdc-custodian: ${detectorId}: box key ${fingerprint} is ${known}: compare it with what "tdc-agent key request" shows on the box, then: tdc-custodian approve ${detectorId} ${fingerprint}\n`,
    );
  }
  if (boxes.length > 0) {
    const letters = await writeLetters({ folder: context.folder, open, custody, boxes, nowMs, reason: null });
    context.stdout.write(letters);
  }
  context.stderr.write(`tdc-custodian: ${boxes.length} letters\n`);
  return boxes.length === requests.length ? 'all' : 'some';
}

const isApproved = ({ boxes }: Custody, { detectorId, publicKey }: BoxRequest): boolean =>
  boxes.get(detectorId)?.fingerprint === fingerprintOf('box', publicKey);
