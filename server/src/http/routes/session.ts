import { status } from '@grpc/grpc-js';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Credentials } from '../../access/authenticator.ts';
import type { Principal } from '../../access/principal.ts';
import { httpRights, refusalOf } from '../../access/rights.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { endedSessionCookie, sessionCookie } from '../session-cookie.ts';
import { readingAs } from './reading.ts';

export interface SessionOptions extends Pick<HttpContext, 'guard'> {
  readonly credentialsOf: (request: FastifyRequest) => Credentials;
}

const bodyBytesMax = 1024;
const tokenLengthMax = 200;
const session = z.object({
  /** `open`: everybody may read everything; `needed`: only who has a token. */
  access: z.enum(['open', 'signed-in', 'needed']),
  name: z.string().nullable(),
  role: z.string().nullable(),
  may_acknowledge: z.boolean(),
});

/** For the console alone: who is signed in, signing in with a token, and signing out. */
export function addSessionRoutes(app: HttpApp, { guard, credentialsOf }: SessionOptions): void {
  const address = '/api/v1/session';
  const config = { right: httpRights.session };
  const response = { 200: session };
  app.get(address, { config, schema: { hide: true, response } }, async (request) =>
    sessionOf(admittedOf(request).principal),
  );
  app.post(
    address,
    {
      bodyLimit: bodyBytesMax,
      schema: { hide: true, body: z.strictObject({ token: z.string().max(tokenLengthMax) }), response },
    },
    async (request, reply) => {
      const { token } = request.body;
      const shown = { ...credentialsOf(request), authorization: `Bearer ${token}` };
      const caller = guard.callerOf(httpRights.session, shown);
      try {
        const principal = await caller.admit(admittedOf(request).signal);
        if (principal.type === 'operator') {
          reply.header('set-cookie', sessionCookie(token));
          caller.tell('signed in', status.OK, '');
        }
        return sessionOf(principal);
      } catch (error) {
        throw caller.refusal(error);
      }
    },
  );
  app.delete(address, { schema: { hide: true } }, async (_request, reply) =>
    reply.header('set-cookie', endedSessionCookie).code(204).send(),
  );
}

function sessionOf(principal: Principal): z.output<typeof session> {
  const may_acknowledge = refusalOf(readingAs('acknowledgeAlert').right, principal) === undefined;
  if (principal.type === 'local') return { access: 'open', name: null, role: null, may_acknowledge };
  if (principal.type !== 'operator') return { access: 'needed', name: null, role: null, may_acknowledge };
  return { access: 'signed-in', name: principal.name, role: principal.role, may_acknowledge };
}
