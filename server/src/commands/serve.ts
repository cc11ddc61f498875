import type { Clock } from '@tdc/shared/clock.ts';
import { logUnexpectedErrors } from '@tdc/shared/grpc-server.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { isLoopback } from '@tdc/shared/loopback.ts';
import { hangingOf } from '@tdc/shared/pulse.ts';
import { keepNotified, type ServiceManager } from '@tdc/shared/service-notify.ts';
import type { ServerConfig } from '../config.ts';
import { openContext } from '../context.ts';
import { startServer } from '../server.ts';

interface ServeContext {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent: nobody wants to be told anything. */
  readonly manager: ServiceManager | undefined;
}

/** Serves until the signal, then finishes what has been received. */
export async function serve({ config, clock, logger, manager }: ServeContext, signal: AbortSignal): Promise<void> {
  using _failures = logUnexpectedErrors(logger);
  await using context = await openContext(config, clock, logger, signal);
  await using server = await startServer(context);
  logger.info({ ...Object.fromEntries(server.addresses), repository: nameOf(config) }, 'serving');
  if (isOpen(config)) {
    logger.warn({ host: config.host }, 'plain text on an address that others reach: everybody there may do everything');
  }
  await using _notified = keepNotified(
    {
      manager,
      clock,
      log: logger,
      hangs: () => hangingOf(server.pulses),
      status: () => (server.isServing ? 'serving' : 'not serving: the repository does not answer'),
    },
    signal,
  );
  await Promise.race([aborted(signal), server.failed]);
  logger.info('shutting down');
}

/** Whether anything but health is served to others without TLS. */
const isOpen = ({ tls, host, services }: ServerConfig): boolean =>
  tls === undefined && !isLoopback(host) && services.some((name) => name !== 'estimator' && name !== 'health');

function nameOf({ repository }: ServerConfig): string {
  return repository.type === 'sqlite'
    ? repository.file
    : `etcd ${repository.endpoints.join(',')} /${repository.prefix}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
