import { backoffMs } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { ServerConfig } from './config.ts';
import { openSqliteRepository } from './repositories/sqlite/repository.ts';
import type { Repository } from './repository.ts';
import type { Tracing } from './tracing/tracing.ts';

/** What a running server works with, made once from its configuration. */
export interface ServerContext extends AsyncDisposable {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly repository: Repository;
  /** Absent: nobody wants traces. */
  readonly tracing?: Tracing;
}

/**
 * Opens the repository. A SQLite file that cannot be opened is an error (see openSqliteRepository); etcd is waited for, as
 * its members may come later than this server.
 */
export async function openContext(
  config: ServerConfig,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<ServerContext> {
  const tracing = await openTracing(config, clock, logger);
  try {
    const repository = await openRepository(config.repository, clock, logger, signal);
    return {
      ...{ config, clock, logger, repository },
      ...(tracing === undefined ? {} : { tracing }),
      async [Symbol.asyncDispose]() {
        try {
          await repository[Symbol.asyncDispose]();
        } finally {
          await tracing?.[Symbol.asyncDispose]();
        }
      },
    };
  } catch (error) {
    await tracing?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** Loaded where it is wanted alone: it takes a while, and memory. */
async function openTracing(
  { tracing: config }: ServerConfig,
  clock: Clock,
  logger: Logger,
): Promise<Tracing | undefined> {
  if (config === undefined) return undefined;
  const { openTelemetry } = await import('./tracing/open-telemetry.ts');
  return openTelemetry({ config, clock, logger });
}

/** Opens one repository of the two; see openContext. */
export async function openRepository(
  config: ServerConfig['repository'],
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<Repository> {
  if (config.type === 'sqlite') return openSqliteRepository(config);
  // Loaded where it is used: an embedded server does without the client of etcd.
  const { etcdOptionsOf } = await import('./repositories/etcd/options.ts');
  const { openEtcdRepository } = await import('./repositories/etcd/repository.ts');
  const options = etcdOptionsOf(config, clock, logger);
  for (let attempt = 0; ; attempt++) {
    try {
      return await openEtcdRepository(options, signal);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      const waitMs = backoffMs(etcdBackoff, attempt, Math.random);
      logger.warn({ err: error, waitMs: Math.round(waitMs) }, 'etcd does not answer: not serving yet');
      await clock.sleep(waitMs, signal);
    }
  }
}

const etcdBackoff = { baseMs: 500, maxMs: 5000 };
