import type { Clock } from '@tdc/shared/clock.ts';
import { PreconditionError } from '@tdc/shared/errors.ts';
import type { Repository } from '../repository.ts';
import type { Authority } from './authority.ts';
import type { EnrolmentSettings } from './options.ts';
import type { Refusals } from './refusals.ts';

/** Who signs, and how. */
export interface Issuing {
  readonly authority: Authority;
  readonly settings: EnrolmentSettings;
}

/** What the RPCs of enrolment work with. */
export interface EnrolmentContext {
  readonly repository: Pick<Repository, 'enrolments'>;
  readonly clock: Clock;
  /** Absent: this server signs nothing. */
  readonly issuing?: Issuing;
  readonly refusals: Refusals;
}

/** Throws PreconditionError where nothing is signed. */
export function issuingOf({ issuing }: EnrolmentContext): Issuing {
  if (issuing !== undefined) return issuing;
  throw new PreconditionError(
    'this server has no authority: make one with "tdc-server authority create", and give authority.cert and authority.key',
    { field: 'authority' },
  );
}
