import { InvalidInputError, NotFoundError, UnavailableError } from '@tdc/shared/errors.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { readKeyFile } from '../key-file.ts';
import { epochsWrittenMax } from '../key-keeper.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'key';

/** Whether the key file is there, whole, and of about now. Nothing of the key is told. */
export function checkKey(file: string, nowMs: number): readonly Finding[] {
  try {
    const state = readKeyFile(file);
    state.key.fill(0);
    state.previous?.key.fill(0);
    const { network, epoch, timeZone } = state;
    const now = keyEpochsOf(timeZone).at(nowMs);
    const found = `${file} is of network "${network}", epoch ${epoch}; by the clock it is epoch ${now}`;
    if (epoch > now)
      return [warning(check, found, 'set the clock; pseudonyms are those of the key, not those of other boxes')];
    if (now - epoch > epochsWrittenMax) {
      return [warning(check, found, 'set the clock, or bring the key of another box with "tdc-agent key import"')];
    }
    return [ok(check, found)];
  } catch (error) {
    if (error instanceof NotFoundError) {
      const advice = '"tdc-agent key generate" on the first box of a network, "tdc-agent key import" on the others';
      return [problem(check, `there is no key file ${file}`, advice)];
    }
    if (error instanceof InvalidInputError) {
      return [
        problem(check, error.message, 'correct what is named, or bring the key again with "tdc-agent key import"'),
      ];
    }
    if (error instanceof UnavailableError)
      return [problem(check, error.message, 'look again as the user of the agent')];
    throw error;
  }
}
