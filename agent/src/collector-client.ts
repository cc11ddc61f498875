import type { ServiceError } from '@grpc/grpc-js';
import type { TdcError } from '@tdc/shared/errors.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { clientCredentials } from '@tdc/shared/grpc-client.ts';
import { errorOfStatus } from '@tdc/shared/grpc-status.ts';
import type { AgentConfig } from './config.ts';

const channelOptions = {
  // A dead connection is found within 40 s even while nothing is sent.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // A channel of its own for each client: a shared one could be the dead one again.
  'grpc.use_local_subchannel_pool': 1,
} as const;

/** How the uplink reaches the collector. Throws InvalidInputError when a file of the TLS configuration cannot be read. */
export function connectTo({ collectorAddress, tls }: AgentConfig): {
  readonly connect: () => CollectorServiceClient;
  readonly toError: (error: ServiceError) => TdcError;
} {
  // Told at once, not only when it is to be used.
  clientCredentials(tls);
  return {
    // Read anew for each connection: the files are replaced when the certificate is renewed, or the box enrolled again.
    connect: () => new CollectorServiceClient(collectorAddress, clientCredentials(tls), channelOptions),
    toError: errorOfStatus,
  };
}
