import { option } from '@tdc/shared/config.ts';
import { publisherByDefault, publisherSchema } from './publisher.ts';

const { country, identifier } = publisherSchema.shape;

export const publisherOptions = [
  option('datex2.country', country, publisherByDefault.country, 'country of who publishes DATEX II; ZZ for none'),
  option(
    'datex2.identifier',
    identifier,
    publisherByDefault.identifier,
    'national identifier of who publishes DATEX II',
  ),
] as const;
