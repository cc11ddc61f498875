import { isDeepStrictEqual } from 'node:util';
import { PreconditionError } from '@tdc/shared/errors.ts';
import type { PublishedEstimate } from '../repository.ts';

const asStored = (estimate: PublishedEstimate): unknown => JSON.parse(JSON.stringify(estimate));

/** What was published of a link, minute and revision stays: throws PreconditionError for anything else in its place. */
export function mustBeSame(published: PublishedEstimate, given: PublishedEstimate): void {
  if (isDeepStrictEqual(asStored(published), asStored(given))) return;
  const { fromDetectorId, toDetectorId, timeMs, revision } = given;
  const minute = new Date(timeMs).toISOString();
  throw new PreconditionError(
    `revision ${revision} of the travel time from ${fromDetectorId} to ${toDetectorId} at ${minute} is published already, and says something else`,
  );
}
