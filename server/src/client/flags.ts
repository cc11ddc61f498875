/** Parsers of flags, for commander: what they refuse ends the program with wrong usage. */
import { detectorIdExpected, isDetectorId, quoted } from '@tdc/shared/wire.ts';
import { InvalidArgumentError } from 'commander';

/** A number of a flag. */
export function numberFlag({
  min,
  max,
  whole,
}: {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}): (text: string) => number {
  return (text) => {
    const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`Expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
  };
}

/** A flag that may be given again, each time with one value or several between commas. */
export function listFlag<T extends string>(
  isValue: (text: string) => text is T,
  expected: string,
): (text: string, before: readonly T[] | undefined) => readonly T[] {
  return (text, before = []) => {
    const values = text.split(',').map((part) => part.trim());
    const good = values.filter(isValue);
    const bad = values.find((value) => !isValue(value));
    if (bad !== undefined) throw new InvalidArgumentError(`${quoted(bad)}: expected ${expected}.`);
    return [...new Set([...before, ...good])];
  };
}

export const detectorListFlag = listFlag((text): text is string => isDetectorId(text), detectorIdExpected);
