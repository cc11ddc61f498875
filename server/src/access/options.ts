import { type ConfigOption, type ConfigValues, numeric, option } from '@tdc/shared/config.ts';
import { defaultGrpcServerLimits, type GrpcServerLimits } from '@tdc/shared/grpc-server.ts';
import { z } from 'zod';
import type { CallRates } from './guard.ts';

/** What the server bears of its clients, port by port. */
export interface ServerLimits extends CallRates {
  readonly connections: GrpcServerLimits;
}

export const defaultServerLimits: ServerLimits = {
  connections: defaultGrpcServerLimits,
  callsPerSecond: 100,
  eventsPerSecond: 2000,
};
const { connections, callsPerSecond, eventsPerSecond } = defaultServerLimits;
const count = numeric(z.number().int().min(1).max(1_000_000));

export const limitOptions = [
  option('limits.connections_max', count, connections.connectionsMax, 'open connections of one port'),
  option(
    'limits.connections_per_address_max',
    count,
    connections.connectionsPerPeerMax,
    'of them, those of one IPv4 address or IPv6 /64 network; boxes behind one gateway share it',
  ),
  option('limits.calls_per_second', count, callsPerSecond, 'calls a second of one operator or box, over ten seconds'),
  option(
    'limits.events_per_second',
    numeric(z.number().int().min(100).max(1_000_000)),
    eventsPerSecond,
    'events a second of one box, over ten seconds; a stream beyond it waits',
  ),
] as const satisfies readonly ConfigOption[];

export function serverLimitsOf(values: ConfigValues<typeof limitOptions>): ServerLimits {
  return {
    connections: {
      ...connections,
      connectionsMax: values['limits.connections_max'],
      connectionsPerPeerMax: values['limits.connections_per_address_max'],
    },
    callsPerSecond: values['limits.calls_per_second'],
    eventsPerSecond: values['limits.events_per_second'],
  };
}
