import { z } from 'zod';

export const problem = z
  .object({
    type: z.string().describe('What went wrong, for programs, such as `urn:tdc:problem:invalid-input`.'),
    title: z.string().describe('The same for people.'),
    status: z.number().describe('The HTTP status.'),
    detail: z.string().describe('What went wrong this time.'),
    request_id: z.string().describe('Finds the request in the log of the server.'),
    retryable: z.boolean().describe('Whether the same request can succeed later.'),
    errors: z
      .array(
        z.object({
          field: z.string().describe('The parameter at fault.'),
          came: z.string().nullable().describe('What came, as JSON, cut when it is long; null when nothing did.'),
          message: z.string().describe('What was expected.'),
        }),
      )
      .describe('Each parameter at fault; empty where none is.'),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused or failed (RFC 9457).' });

export type Problem = z.output<typeof problem>;
