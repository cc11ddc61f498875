import { type ConfigOption, type ConfigValues, numeric, option } from '@tdc/shared/config.ts';
import { fingerprintSchema } from '@tdc/shared/fingerprint.ts';
import { z } from 'zod';

/** Whose configurations by letter are taken, and how they are tried. */
export interface LetterConfig {
  /** Fingerprint; absent: nobody's. */
  readonly author?: string;
  readonly probationMs: number;
}

export function letterOptions() {
  return [
    option(
      'config.author',
      fingerprintSchema.optional(),
      undefined,
      'fingerprint of the author whose signed configurations are taken, by letter; by default nobody may change settings from afar',
    ),
    option(
      'config.probation_seconds',
      numeric(z.number().int().min(5).max(3600)),
      300,
      'seconds in which the collector must acknowledge a status under a new configuration; else the one before is taken up again',
    ),
  ] as const satisfies readonly ConfigOption[];
}

export function letterConfigOf(values: ConfigValues<ReturnType<typeof letterOptions>>): LetterConfig {
  const author = values['config.author'];
  return { ...(author === undefined ? {} : { author }), probationMs: values['config.probation_seconds'] * 1000 };
}
