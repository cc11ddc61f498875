import { type GrpcServer, type GrpcService, startGrpcServer } from '@tdc/shared/grpc-server.ts';
import { KnownDetectors } from './collector/known-detectors.ts';
import { collectorService } from './collector/service.ts';
import type { ServiceName } from './config.ts';
import type { ServerContext } from './context.ts';
import { watchRepository } from './health.ts';
import { queryService } from './query/service.ts';
import { keepRemovingOldEvents } from './retention.ts';

/** How long calls that are under way may take to end by themselves. */
const shutdownGraceMs = 10_000;

/** A server that takes calls; disposing of it finishes and acknowledges what it has received. */
export interface RunningServer extends AsyncDisposable {
  /** Bound addresses, host:port. */
  readonly addresses: ReadonlyMap<ServiceName, string>;
  /** Rejects when something that runs beside the calls fails for good; never resolves. */
  readonly failed: Promise<never>;
}

/** Starts the configured services on their ports. Throws when a port cannot be had; nothing stays open then. */
export async function startServer(context: ServerContext): Promise<RunningServer> {
  const shutdown = new AbortController();
  const servers = new Map<ServiceName, GrpcServer>();
  try {
    for (const name of context.config.services) {
      servers.set(name, await startService(name, context, shutdown.signal));
    }
  } catch (error) {
    await stopAll(servers, shutdown);
    throw error;
  }
  const background = runBackground(context, [...servers.values()], shutdown.signal);
  return {
    addresses: new Map([...servers].map(([name, { address }]) => [name, address])),
    failed: background.then(() => new Promise<never>(() => {})),
    async [Symbol.asyncDispose]() {
      await stopAll(servers, shutdown);
      await Promise.allSettled([background]);
    },
  };
}

function startService(name: ServiceName, context: ServerContext, shutdown: AbortSignal): Promise<GrpcServer> {
  const { config, logger } = context;
  const { host, tls } = config;
  return startGrpcServer({
    name,
    host,
    port: config.ports[name],
    services: servicesOf(name, context, shutdown),
    logger,
    ...(tls === undefined ? {} : { tls }),
  });
}

/** The health port answers for the whole process; the other ports answer for themselves besides. */
function servicesOf(name: ServiceName, context: ServerContext, shutdown: AbortSignal): readonly GrpcService[] {
  const { config, repository, clock } = context;
  if (name === 'health') return [];
  if (name === 'query') return [queryService({ repository, clock, shutdown })];
  const detectors = new KnownDetectors(repository.network, clock);
  return [collectorService({ repository, clock, detectors, eventTimes: config.eventTimes, shutdown })];
}

/** What runs beside the calls until shutdown: the health of all ports, and retention where events are written. */
async function runBackground(
  { config, repository, clock, logger }: ServerContext,
  servers: readonly GrpcServer[],
  shutdown: AbortSignal,
): Promise<void> {
  const report = (state: 'serving' | 'not-serving') => {
    for (const server of servers) server.setServing(state === 'serving');
  };
  const retains = config.services.includes('collector');
  await Promise.all([
    watchRepository({ repository, clock, logger, report }, shutdown),
    retains ? keepRemovingOldEvents({ repository, clock, logger, hours: config.retentionHours }, shutdown) : undefined,
  ]);
}

async function stopAll(servers: ReadonlyMap<ServiceName, GrpcServer>, shutdown: AbortController): Promise<void> {
  for (const server of servers.values()) server.setServing(false);
  shutdown.abort(new Error('the server is shutting down'));
  await Promise.all([...servers.values()].map((server) => server.stop(shutdownGraceMs)));
}
