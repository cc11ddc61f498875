import { ClaimLostError } from '@tdc/shared/errors.ts';

/** What is done under a claim is refused once another may have it. */
export const claimLost = (name: string): ClaimLostError =>
  new ClaimLostError(`the claim on ${name} does not hold any more`);
