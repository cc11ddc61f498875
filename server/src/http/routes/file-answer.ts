import { z } from 'zod';
import { problemResponses } from './reading.ts';

/** What a file is, to who asks and to who reads the document. */
export interface FileKind {
  readonly type: string;
  readonly description: string;
}

export const csvKind: FileKind = { type: 'text/csv', description: 'CSV (RFC 4180), with a header.' };
export const awamKind: FileKind = {
  type: 'text/csv',
  description: 'CSV as the AWAM host writes it, without a header.',
};
export const parquetKind: FileKind = { type: 'application/vnd.apache.parquet', description: 'Apache Parquet.' };
export const datex2Kind: FileKind = {
  type: 'application/xml',
  description: 'DATEX II 3, an ElaboratedDataPublication.',
};

/** How routes of files differ from others: they are sent piece by piece, and only to who asks for all of them. */
export const fileRoute = ({ type, description }: FileKind) => ({
  exposeHeadRoute: false,
  schema: {
    tags: ['files'],
    response: { 200: { description, content: { [type]: { schema: z.string() } } }, ...problemResponses },
  },
});

export const charsetOf = ({ type }: FileKind): string => (type.startsWith('text/') ? `${type}; charset=utf-8` : type);
