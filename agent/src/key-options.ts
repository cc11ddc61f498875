import { type ConfigOption, type ConfigValues, option } from '@tdc/shared/config.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { fingerprintSchema } from '@tdc/shared/fingerprint.ts';
import { z } from 'zod';

/** From whom the key of the network comes, and where it is kept. */
export interface KeyConfig {
  /** Fingerprint of the key custodian; absent: keys are brought by hand. */
  readonly custodian?: string;
  readonly storage: 'file' | 'memory';
}

export function keyOptions() {
  return [
    option(
      'key.custodian',
      fingerprintSchema.optional(),
      undefined,
      'fingerprint of the key custodian, whose letters bring the key of the network; by default it is brought by hand',
    ),
    option(
      'key.storage',
      z.enum(['file', 'memory']),
      'file',
      'where the key is kept: file, or memory, from which it is gone after a restart until it is fetched again',
    ),
  ] as const satisfies readonly ConfigOption[];
}

/** Throws InvalidInputError for options that do not go together. */
export function keyConfigOf(values: ConfigValues<ReturnType<typeof keyOptions>>): KeyConfig {
  const custodian = values['key.custodian'];
  const storage = values['key.storage'];
  if (storage === 'memory' && custodian === undefined) {
    throw new InvalidInputError('key.storage memory: give key.custodian too: who else would bring the key again?', {
      field: 'key.storage',
    });
  }
  return { ...(custodian === undefined ? {} : { custodian }), storage };
}
