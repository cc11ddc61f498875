import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers are for programs, and for the page of the document, which needs no script; the console has a policy of its own. */
const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // What a token has opened is for who has it; it may be kept, and asked about each time.
  'cache-control': 'private, no-cache',
  vary: 'authorization, cookie',
} as const;

/** What every answer carries. Nothing lets another origin read it: CORS is off. */
export function setHeadersForAll(request: Pick<FastifyRequest, 'id'>, reply: FastifyReply): void {
  reply.headers(headers);
  reply.header('x-request-id', request.id);
}
