import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { ServerConfig } from './config.ts';
import { openSqliteRepository } from './repositories/sqlite/repository.ts';
import type { Repository } from './repository.ts';

/** What a running server works with, made once from its configuration. */
export interface ServerContext extends AsyncDisposable {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly repository: Repository;
}

/** Opens the repository. See openSqliteRepository for what it throws. */
export function openContext(config: ServerConfig, clock: Clock, logger: Logger): ServerContext {
  const repository = openSqliteRepository({ file: config.sqlite.file });
  return { config, clock, logger, repository, [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose]() };
}
