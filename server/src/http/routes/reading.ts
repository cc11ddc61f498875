import type { MethodDefinition } from '@grpc/grpc-js';
import { QueryServiceService } from '@tdc/shared/generated/tdc/v1/query.ts';
import { problem } from '../schemas/problem.ts';

const refused = {
  description: 'The request was refused.',
  content: { 'application/problem+json': { schema: problem } },
};
const failed = {
  description: 'The server, or its repository, cannot answer now.',
  content: { 'application/problem+json': { schema: problem } },
};

/** How every read may be answered besides. */
export const problemResponses = { '4xx': refused, '5xx': failed };

type QueryMethod = keyof typeof QueryServiceService;

/** A read is for who may call the method of the query service that answers the same. */
export const readingAs = (method: QueryMethod): { readonly right: string } => ({
  right: (QueryServiceService[method] as Pick<MethodDefinition<unknown, unknown>, 'path'>).path,
});
