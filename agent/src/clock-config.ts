import { type ConfigOption, type ConfigValues, numeric, option } from '@tdc/shared/config.ts';
import { z } from 'zod';

export interface ClockConfig {
  /** The operator has declared the clock good. */
  readonly trust: boolean;
  readonly waitMsMax: number;
}

export const clockOptions = [
  option('clock.trust', z.boolean().or(z.stringbool()), false, 'take the clock for synchronised without a check'),
  option(
    'clock.wait_minutes',
    numeric(z.number().int().min(0).max(1440)),
    360,
    'minutes that an event waits for the clock to be set; then it is sent as one that can never be matched',
  ),
] as const satisfies readonly ConfigOption[];

export const clockConfigOf = (values: ConfigValues<typeof clockOptions>): ClockConfig => ({
  trust: values['clock.trust'],
  waitMsMax: values['clock.wait_minutes'] * 60_000,
});
