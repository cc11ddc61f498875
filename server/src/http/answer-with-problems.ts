import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { LimitError, NotFoundError, TdcError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemFor, problemOf } from './problem.ts';
import { requestFields } from './traced-requests.ts';

const retryAfterSecondsByDefault = 5;
/** What Node says of a request that it could not read. */
const unreadable: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers are too large: expected at most 16 KiB, the URL included'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not come in full in time'],
};

/** How requests are answered that fail, and what the log says of requests. */
export function answerWithProblems({ logger }: { readonly logger: Logger }) {
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error, request);
    if (problem.status === 500) {
      const fields = { ...requestFields(request), route: routeOf(request) };
      logger.error({ err: error, ...fields }, 'a request failed unexpectedly');
    }
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="tdc"');
    if (problem.status === 405) reply.header('allow', 'GET, HEAD');
    if (error instanceof LimitError || problem.status === 503) reply.header('retry-after', retryAfterSecondsOf(error));
    return reply
      .code(problem.status)
      .header('cache-control', 'no-store')
      .type('application/problem+json')
      .send(JSON.stringify(problem));
  };
  return {
    answer,
    answerNotFound: (request: FastifyRequest, reply: FastifyReply) =>
      answer(new NotFoundError('there is nothing at this address: /api/docs says what there is'), request, reply),
    /** Of what is no request. */
    answerUnreadable: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy();
        return;
      }
      const [status, detail] = unreadable[error.code ?? ''] ?? [400, 'this is no HTTP/1.1 request'];
      const title = (STATUS_CODES[status] ?? '').toLowerCase();
      const text = JSON.stringify(problemFor(status, title, detail, { id: '' }));
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      );
    },
    log: async (request: FastifyRequest, reply: FastifyReply) => {
      const fields = { ...requestFields(request), route: routeOf(request), status: reply.statusCode };
      // The address as it came may hold what is not for a log.
      logger.debug({ ...fields, milliseconds: Math.round(reply.elapsedTime) }, 'request');
    },
  };
}

const routeOf = ({ method, routeOptions }: FastifyRequest): string => `${method} ${routeOptions.url ?? 'unknown'}`;

const retryAfterSecondsOf = (error: unknown): number =>
  error instanceof TdcError && error.retryAfterMs > 0
    ? Math.ceil(error.retryAfterMs / 1000)
    : retryAfterSecondsByDefault;
