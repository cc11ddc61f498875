import { InvalidInputError } from '@tdc/shared/errors.ts';
import { detectorIdExpected, isDetectorId, type Parsed, quoted } from '@tdc/shared/wire.ts';

/** What was parsed, or its problem as an error. */
export function accepted<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  const { field, message } = parsed.problem;
  throw new InvalidInputError(message, { field });
}

export function acceptedDetectorId(field: string, id: string): string {
  if (isDetectorId(id)) return id;
  throw new InvalidInputError(`${quoted(id)}: expected ${detectorIdExpected}`, { field });
}
