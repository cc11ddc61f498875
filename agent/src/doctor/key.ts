import { existsSync } from 'node:fs';
import { InvalidInputError, NotFoundError, TdcError, UnavailableError } from '@tdc/shared/errors.ts';
import { destroyKeys } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { readBoxKey } from '../box-key-file.ts';
import { readKeyFile } from '../key-file.ts';
import { epochsWrittenMax } from '../key-keeper.ts';
import type { KeyConfig } from '../key-options.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'key';

export interface KeyPlace {
  readonly file: string;
  readonly boxKeyFile: string;
  readonly key: KeyConfig;
  readonly nowMs: number;
}

/** Whether the key is where it is to be, whole, and of about now. Nothing of it is told. */
export function checkKey(place: KeyPlace): readonly Finding[] {
  const { file, key } = place;
  if (key.storage === 'file') return checkFile(place);
  const found = 'the key is kept in memory alone (key.storage), and comes by letter after each start';
  const boxKey = boxKeyText(place);
  const leftover = existsSync(file)
    ? [warning(check, `${file} holds a key that nothing uses`, `remove it: rm ${file}`)]
    : [];
  return [ok(check, `${found}; ${boxKey}`), ...leftover];
}

function checkFile(place: KeyPlace): readonly Finding[] {
  const { file, nowMs } = place;
  try {
    const state = readKeyFile(file);
    destroyKeys(state);
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
    if (error instanceof NotFoundError) return [noKey(place)];
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

function noKey(place: KeyPlace): Finding {
  const found = `there is no key file ${place.file}`;
  if (place.key.custodian === undefined) {
    const advice = '"tdc-agent key generate" on the first box of a network, "tdc-agent key import" on the others';
    return problem(check, found, advice);
  }
  return problem(
    check,
    `${found}: the box waits for a letter of the key custodian; ${boxKeyText(place)}`,
    'read the fingerprint that "tdc-agent key request" shows out to the key custodian',
  );
}

function boxKeyText({ boxKeyFile }: KeyPlace): string {
  try {
    return `box key ${readBoxKey(boxKeyFile).fingerprint}`;
  } catch (error) {
    if (error instanceof NotFoundError) return 'the box has no key of its own yet';
    if (error instanceof TdcError) return error.message;
    throw error;
  }
}
