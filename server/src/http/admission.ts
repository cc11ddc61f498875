import type { Clock } from '@tdc/shared/clock.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { isLoopback } from '@tdc/shared/loopback.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials } from '../access/authenticator.ts';
import type { Caller } from '../access/caller.ts';
import type { Guard } from '../access/guard.ts';
import type { Principal } from '../access/principal.ts';
import { httpRights } from '../access/rights.ts';
import { RefusedRequestError } from './problem.ts';
import { expectOurs, withSession } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What its caller needs the right to, as rights.ts names it. */
    right?: string;
  }
}

export interface AdmissionOptions {
  readonly guard: Pick<Guard, 'callerOf'>;
  readonly credentialsOf: (request: FastifyRequest) => Credentials;
  readonly isLocal: boolean;
  readonly clock: Clock;
}

const urlLengthMax = 8192;
const readMethods: readonly string[] = ['GET', 'HEAD'];
/** Who makes a request, and whether it still goes on. */
interface Admitted {
  readonly caller: Caller;
  readonly principal: Principal;
  /** Aborts when the caller has gone away. */
  readonly signal: AbortSignal;
}
const admitted = new WeakMap<FastifyRequest, Admitted>();

/** Of a request that was let in. */
export function admittedOf(request: FastifyRequest): Admitted {
  const known = admitted.get(request);
  if (known === undefined) throw new Error('nobody was asked who makes this request');
  return known;
}

/** Lets in those who may, before anything is done for them. */
export function admitting({ guard, credentialsOf, isLocal }: AdmissionOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort(new UnavailableError('the caller has gone away')));
    expectAnswerable(request, isLocal);
    const { right = httpRights.open } = request.routeOptions.config;
    const shown = credentialsOf(request);
    // What is open to everybody stays so to a browser whose token has ended: the page on which to sign in anew is among it.
    const caller = guard.callerOf(right, right === httpRights.open ? shown : withSession(shown, request));
    try {
      const principal = await caller.admit(gone.signal);
      admitted.set(request, { caller, principal, signal: gone.signal });
    } catch (error) {
      throw caller.refusal(error);
    }
  };
}

function expectAnswerable(request: FastifyRequest, isLocal: boolean): void {
  if (!readMethods.includes(request.method)) {
    if (request.is404) {
      throw new RefusedRequestError(405, 'method not allowed', `${request.method}: expected GET or HEAD`);
    }
    expectOurs(request);
  }
  const { length } = request.raw.url ?? '';
  if (length > urlLengthMax) {
    throw new RefusedRequestError(414, 'URL too long', `${length} characters: expected at most ${urlLengthMax}`);
  }
  // A page of another site can have its name lead to this machine; the browser then takes us for that site.
  if (isLocal && !isLoopback(hostNameIn(request.headers.host))) {
    throw new RefusedRequestError(
      421,
      'misdirected request',
      'this server serves its own machine alone: expected it to be called localhost, or by a loopback address',
    );
  }
}

function hostNameIn(host: string | undefined): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : '';
}
