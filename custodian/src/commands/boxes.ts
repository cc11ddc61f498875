import { InvalidInputError, NotFoundError } from '@tdc/shared/errors.ts';
import { fingerprintSchema } from '@tdc/shared/fingerprint.ts';
import { detectorIdExpected, isDetectorId, quoted } from '@tdc/shared/wire.ts';
import { type Context, openAdvanced } from '../context.ts';

/** `tdc-custodian approve`: the installer has read the fingerprint out; a box with another key is none of ours. */
export async function approve(context: Context, detectorId: string, spelled: string): Promise<void> {
  if (!isDetectorId(detectorId)) {
    throw new InvalidInputError(`detector ${quoted(detectorId)}: expected ${detectorIdExpected}`, {
      field: 'detector',
    });
  }
  const { data: fingerprint, error } = fingerprintSchema.safeParse(spelled);
  if (fingerprint === undefined) {
    throw new InvalidInputError(`fingerprint ${quoted(spelled)}: ${error?.issues[0]?.message}`, {
      field: 'fingerprint',
    });
  }
  const { open, custody } = await openAdvanced(context);
  const before = custody.boxes.get(detectorId);
  if (before?.fingerprint !== fingerprint) {
    open.save({ ...custody, boxes: new Map([...custody.boxes, [detectorId, { fingerprint }]]) });
  }
  const instead = before === undefined || before.fingerprint === fingerprint ? '' : ` instead of ${before.fingerprint}`;
  context.stdout.write(`the box of ${detectorId} is ${fingerprint}${instead}\n`);
}

/** `tdc-custodian forget`: the box gets no more letters. What it has it keeps: see `replace`. */
export async function forget(context: Context, detectorId: string): Promise<void> {
  const { open, custody } = await openAdvanced(context);
  if (!custody.boxes.has(detectorId)) {
    throw new NotFoundError(`there is no box of ${quoted(detectorId)} in the custody`, { field: 'detector' });
  }
  open.save({ ...custody, boxes: new Map([...custody.boxes].filter(([id]) => id !== detectorId)) });
  context.stdout.write(
    `the box of ${detectorId} gets no more letters; the key that it has is taken from it by "tdc-custodian replace"\n`,
  );
}
