import type { LinkEnds } from '@tdc/shared/generated/tdc/v1/query.ts';
import { isDetectorId, quoted } from '@tdc/shared/wire.ts';
import { InvalidArgumentError, Option } from 'commander';

const expected = 'expected two detectors with a colon between them, such as D1:D2';

/** A link of a flag: `D1:D2`. */
export function parseLinkFlag(text: string): LinkEnds {
  const [fromDetectorId = '', toDetectorId = '', ...more] = text.split(':');
  if (more.length > 0 || !isDetectorId(fromDetectorId) || !isDetectorId(toDetectorId)) {
    throw new InvalidArgumentError(`${quoted(text)}: ${expected}.`);
  }
  return { fromDetectorId, toDetectorId };
}

/** `--link`, again or with commas for more. */
export const linksOption = (): Option =>
  new Option('--link <from:to>', 'of these links; again or with commas for more').argParser(
    (text: string, before: readonly LinkEnds[] = []) => [...before, ...text.split(',').map(parseLinkFlag)],
  );
