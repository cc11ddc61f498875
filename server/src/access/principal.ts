import type { Metadata } from '@grpc/grpc-js';
import { UnauthenticatedError } from '@tdc/shared/errors.ts';

/** What an operator may do; each may all that those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Who calls a service. */
export type Principal =
  /** Without TLS: everybody who reaches the port, and every right. */
  | { readonly type: 'local' }
  /** A box, by its certificate; `serial` is the certificate's serial number in lower-case hex. */
  | { readonly type: 'detector'; readonly detectorId: string; readonly serial: string }
  /** A person or a program, by a token; `tokenId` tells tokens of one name apart. */
  | { readonly type: 'operator'; readonly name: string; readonly role: Role; readonly tokenId: string }
  /** Over TLS, with neither. */
  | { readonly type: 'nobody' };

/** For the log and for reasons; never holds a secret. */
export function principalText(principal: Principal): string {
  if (principal.type === 'detector') return `detector ${principal.detectorId}`;
  return principal.type === 'operator' ? `${principal.role} ${principal.name}` : principal.type;
}

/** Whom the guard has found behind a call, by the very metadata that it passed on: nothing that is sent can stand for it. */
const found = new WeakMap<Metadata, Principal>();

export const setPrincipal = (metadata: Metadata, principal: Principal): void => void found.set(metadata, principal);

/** Who makes the call with this metadata. Throws UnauthenticatedError for a call that went past the guard. */
export function principalOf(metadata: Metadata): Principal {
  const principal = found.get(metadata);
  if (principal === undefined) throw new UnauthenticatedError('nobody was asked who makes this call');
  return principal;
}
