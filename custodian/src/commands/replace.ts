import { InvalidInputError } from '@tdc/shared/errors.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import { parseDuration } from '@tdc/shared/time-text.ts';
import { type Context, openAdvanced } from '../context.ts';
import { writeLetters } from '../letters.ts';

export interface ReplaceFlags {
  readonly reason: string;
  readonly in: string;
}

const reasonCharactersMax = 500;
const dayMs = 86_400_000;

/**
 * `tdc-custodian replace`: a key that has nothing to do with the present one takes its place at a time, in all boxes at once. Letters
 * for all of them; the present key is destroyed at that time, in the boxes and here.
 */
export async function replace(context: Context, { reason, in: duration }: ReplaceFlags): Promise<void> {
  if (reason.trim() === '' || reason.length > reasonCharactersMax) {
    throw new InvalidInputError(`--reason: expected 1 to ${reasonCharactersMax} characters`, { field: '--reason' });
  }
  const delayMs = parseDuration(duration, { field: '--in' });
  if (delayMs > dayMs) throw new InvalidInputError(`--in ${duration}: expected at most 1d`, { field: '--in' });
  const { open, custody, nowMs } = await openAdvanced(context);
  const { network, timeZone } = custody.key;
  const fromMs = nowMs + delayMs;
  const { epoch, key } = generateKey({ network, timeZone, epoch: keyEpochsOf(timeZone).at(fromMs), nowMs });
  const replaced = { ...custody, key: { ...custody.key, replacement: { epoch, key, fromMs } } };
  const boxes = [...custody.boxes].flatMap(([detectorId, { publicKey }]) =>
    publicKey === undefined ? [] : [{ detectorId, publicKey }],
  );
  const letters = await writeLetters({ folder: context.folder, open, custody: replaced, boxes, nowMs, reason });
  context.stdout.write(letters);
  context.stderr.write(
    `tdc-custodian: ${boxes.length} letters; the key is replaced at ${new Date(fromMs).toISOString()}\n`,
  );
  for (const [detectorId, { publicKey }] of custody.boxes) {
    if (publicKey !== undefined) continue;
    context.stderr.write(`tdc-custodian: ${detectorId} has had no letter yet: hand out the key to it when it asks\n`);
  }
}
