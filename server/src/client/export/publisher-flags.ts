import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Command } from 'commander';
import { type Publisher, publisherByDefault, publisherSchema } from '../../formats/datex2/publisher.ts';

/** Who publishes DATEX II. */
export interface PublisherFlags {
  readonly datex2Country: string;
  readonly datex2Identifier: string;
}

export const addPublisherFlags = (command: Command): Command =>
  command
    .option('--datex2-country <code>', 'country of who publishes; ZZ for none', publisherByDefault.country)
    .option('--datex2-identifier <text>', 'national identifier of who publishes', publisherByDefault.identifier);

/** Throws InvalidInputError with all that is wrong. */
export function publisherOf({ datex2Country: country, datex2Identifier: identifier }: PublisherFlags): Publisher {
  const parsed = publisherSchema.safeParse({ country, identifier });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = path[0] === 'country' ? 'country' : 'identifier';
    return `--datex2-${name} ${JSON.stringify({ country, identifier }[name])}: ${message}`;
  });
  throw new InvalidInputError(problems.join('\n'), { field: '--datex2' });
}
