import { InvalidInputError } from '@tdc/shared/errors.ts';
import { Role as WireRole, type AccessToken as WireToken } from '@tdc/shared/generated/tdc/v1/access.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { AccessToken } from '../access-token-store.ts';
import type { Role } from './principal.ts';

const wireRoles: Readonly<Record<Role, WireRole>> = {
  viewer: WireRole.ROLE_VIEWER,
  operator: WireRole.ROLE_OPERATOR,
  admin: WireRole.ROLE_ADMIN,
};
const rolesByWire = new Map<WireRole, Role>([
  [WireRole.ROLE_VIEWER, 'viewer'],
  [WireRole.ROLE_OPERATOR, 'operator'],
  [WireRole.ROLE_ADMIN, 'admin'],
]);

export const roleToWire = (role: Role): WireRole => wireRoles[role];

/** Throws InvalidInputError for what is no role. */
export function roleFromWire(role: WireRole): Role {
  const known = rolesByWire.get(role);
  if (known === undefined) {
    throw new InvalidInputError(`${role}: expected a role, viewer (1), operator (2) or admin (3)`, { field: 'role' });
  }
  return known;
}

/** Without the hash. */
export function tokenToWire(token: AccessToken): WireToken {
  return {
    id: token.id,
    name: token.name,
    role: roleToWire(token.role),
    createdNs: nsFromMs(token.createdAtMs),
    expiresNs: nsFromMs(token.expiresAtMs),
    revokedNs: nsFromMs(token.revokedAtMs ?? 0),
    lastUsedNs: nsFromMs(token.lastUsedAtMs ?? 0),
  };
}
