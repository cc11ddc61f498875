import type { Clock } from '@tdc/shared/clock.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { type AccessServiceServer, AccessServiceService } from '@tdc/shared/generated/tdc/v1/access.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import type { AccessTokenStore } from '../access-token-store.ts';
import type { KnownTokens } from './known-tokens.ts';
import { createToken } from './token-admin.ts';
import { roleFromWire, tokenToWire } from './token-wire.ts';

export interface AccessContext {
  readonly store: AccessTokenStore;
  readonly known: KnownTokens;
  readonly clock: Clock;
}

/** Operators' tokens. */
export function accessService({ store, known, clock }: AccessContext): GrpcService {
  const implementation: AccessServiceServer = {
    createToken: unary(async ({ name, role, seconds }, signal) => {
      const { token, kept } = await createToken(store, clock, { name, role: roleFromWire(role), seconds }, signal);
      return { token, accessToken: tokenToWire(kept) };
    }),
    listTokens: unary(async (_, signal) => ({ tokens: (await store.list(signal)).map(tokenToWire) })),
    revokeToken: unary(async ({ id }, signal) => {
      if (!/^[0-9a-f]{16}$/.test(id)) {
        // Not repeated: it may be the token itself.
        throw new InvalidInputError('expected the id of a token, 16 hexadecimal digits', { field: 'id' });
      }
      await store.revoke(id, clock.nowMs(), signal);
      known.forget(id);
      return {};
    }),
  };
  return { name: 'tdc.v1.AccessService', definition: AccessServiceService, implementation };
}
