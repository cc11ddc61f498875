import { z } from 'zod';

/** Who publishes, as publications of DATEX II say it. */
export interface Publisher {
  /** ISO 3166-1, two letters. */
  readonly country: string;
  /** Of the organisation, within the country; it also names the links' system of references. */
  readonly identifier: string;
}

/** ZZ is no country's, for who has not said. */
export const publisherByDefault: Publisher = { country: 'ZZ', identifier: 'tdc' };

const country = z.string().regex(/^[A-Z]{2}$/, 'expected two capital letters of ISO 3166-1, such as DE');
const identifier = z.string().regex(/^[\x20-\x7e]{1,100}$/, 'expected 1 to 100 printable characters of ASCII');

export const publisherSchema = z.object({ country, identifier });
