import { InvalidInputError } from '@tdc/shared/errors.ts';
import { isTimeZone, timeZoneExpected } from '@tdc/shared/wall-clock.ts';

/** Throws InvalidInputError for what names no time zone. */
export function timeZoneFlag(text: string): string {
  if (isTimeZone(text)) return text;
  throw new InvalidInputError(`--time-zone ${JSON.stringify(text)}: ${timeZoneExpected}`, { field: '--time-zone' });
}
