import { type ConfigOption, type ConfigValues, numeric, option } from '@tdc/shared/config.ts';
import { collectorAddressPattern } from '@tdc/shared/enrolment-token.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import type { AuthorityFiles } from './authority.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface EnrolmentSettings {
  /** host:port that goes into tokens; absent: who creates an enrolment says it. */
  readonly collectorAddress?: string;
  readonly tokenLifeMs: number;
  readonly certificateLifeMs: number;
  /** How long after its end a certificate can still be renewed. */
  readonly graceMs: number;
}

export interface EnrolmentConfig extends EnrolmentSettings {
  readonly authority: AuthorityFiles;
}

const file = z.string().min(1);

export const enrolmentOptions = [
  option(
    'authority.cert',
    file.optional(),
    undefined,
    "file of the certificate of the network's authority (PEM), which signs those of the detectors",
  ),
  option('authority.key', file.optional(), undefined, "file of the authority's private key (PEM)"),
  option(
    'enrolment.address',
    z.string().regex(collectorAddressPattern, 'expected host:port').optional(),
    undefined,
    'host:port at which boxes reach the collector, for their tokens',
  ),
  option('enrolment.hours', numeric(z.number().min(0.01).max(720)), 24, 'hours in which a token must be used'),
  option(
    'enrolment.certificate_days',
    numeric(z.number().min(0.0001).max(825)),
    90,
    'days that a certificate of a detector is good for; its agent renews it after a third of them',
  ),
  option(
    'enrolment.grace_days',
    numeric(z.number().min(0).max(825)),
    180,
    'days for which a certificate that has ended can still be renewed, by a box that was away',
  ),
] as const satisfies readonly ConfigOption[];

/** Undefined where there is no authority. Throws InvalidInputError when only half of it is given. */
export function enrolmentConfigOf(values: ConfigValues<typeof enrolmentOptions>): EnrolmentConfig | undefined {
  const [certFile, keyFile] = [values['authority.cert'], values['authority.key']];
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new InvalidInputError('authority.cert and authority.key go together: expected both, or none', {
      field: 'authority',
    });
  }
  const collectorAddress = values['enrolment.address'];
  return {
    authority: { certFile, keyFile },
    ...(collectorAddress === undefined ? {} : { collectorAddress }),
    tokenLifeMs: values['enrolment.hours'] * hourMs,
    certificateLifeMs: values['enrolment.certificate_days'] * dayMs,
    graceMs: values['enrolment.grace_days'] * dayMs,
  };
}
