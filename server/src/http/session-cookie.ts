import type { FastifyRequest } from 'fastify';
import type { Credentials } from '../access/authenticator.ts';
import { RefusedRequestError } from './problem.ts';

/** The prefix binds it to this host and to TLS: no other host, path or plain text can set or get it. */
const cookieName = '__Host-tdc';
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** What a browser is to show with each request until it is closed: the token itself, as servers keep no sessions. */
export const sessionCookie = (token: string): string => `${cookieName}=${token}; ${attributes}`;
export const endedSessionCookie = `${cookieName}=; ${attributes}; Max-Age=0`;

type Asked = Pick<FastifyRequest, 'headers' | 'method'>;

/** The token of a browser that has signed in counts as if it had come in the header, for requests of our own pages over TLS alone. */
export function withSession(credentials: Credentials, request: Asked): Credentials {
  const { authorization, peer } = credentials;
  if (authorization !== undefined || peer.type === 'plaintext' || peer.type === 'refused') return credentials;
  const token = tokenIn(request.headers.cookie);
  if (token === undefined || !isOurs(request)) return credentials;
  return { ...credentials, authorization: `Bearer ${token}` };
}

function tokenIn(cookies: string | undefined): string | undefined {
  const found = cookies
    ?.split(';')
    .map((each) => each.trim())
    .find((each) => each.startsWith(`${cookieName}=`));
  const token = found?.slice(cookieName.length + 1);
  return token === '' ? undefined : token;
}

/** Throws for what a page of another origin has its browser send in order to change something. Programs say nothing of where they come from. */
export function expectOurs(request: Asked): void {
  if (!isOurs(request)) {
    throw new RefusedRequestError(
      403,
      'access refused',
      'this request comes from a page of another origin: expected one of this server',
    );
  }
}

/** Browsers say where a request comes from; a page cannot have them say something else. `none` is what a person has typed. */
function isOurs({ headers }: Asked): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
