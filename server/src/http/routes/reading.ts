import type { MethodDefinition } from '@grpc/grpc-js';
import { AlertServiceService } from '@tdc/shared/generated/tdc/v1/alert.ts';
import { HistoryServiceService } from '@tdc/shared/generated/tdc/v1/history.ts';
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

const methods = { ...QueryServiceService, ...HistoryServiceService, ...AlertServiceService };
type Method = keyof typeof methods;

/** A request is for who may call the method of gRPC that answers the same. */
export const readingAs = (method: Method): { readonly right: string } => ({
  right: (methods[method] as Pick<MethodDefinition<unknown, unknown>, 'path'>).path,
});
