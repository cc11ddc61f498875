import type { Clock } from '@tdc/shared/clock.ts';
import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Repository } from '../../repository.ts';
import { EtcdAccessTokenStore } from './access-tokens.ts';
import { EtcdAlertStore } from './alerts.ts';
import { EtcdBoxMailStore } from './box-mail.ts';
import { EtcdClaimStore } from './claims.ts';
import { keepCompacting } from './compaction.ts';
import { EtcdConnection, type EtcdOptions } from './connection.ts';
import { EtcdEnrolmentStore } from './enrolments.ts';
import { EtcdEstimateStore } from './estimates.ts';
import { EventFollower } from './event-follower.ts';
import { EventScanner } from './event-scanner.ts';
import { EventWriter } from './event-writer.ts';
import { EtcdEventStore } from './events.ts';
import { Keys } from './keys.ts';
import { EtcdNetworkStore } from './network.ts';
import { EtcdRouteStore } from './routes.ts';
import { openSchema } from './schema.ts';
import { EtcdStatusStore } from './statuses.ts';
import { operationsMaxOf } from './transaction-limit.ts';

export interface EtcdRepositoryOptions extends EtcdOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age at which the history of changes is compacted; 0 leaves it to whoever runs etcd. */
  readonly historyMinutes: number;
}

/**
 * Opens the repository in etcd; any number of servers may have it open. Throws PreconditionError when what stands under the
 * prefix is of a newer version or not ours, UnavailableError when etcd does not answer.
 */
export async function openEtcdRepository(options: EtcdRepositoryOptions, signal: AbortSignal): Promise<Repository> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(options.prefix)) {
    throw new PreconditionError(`etcd.prefix ${options.prefix}: expected 1 to 64 of letters, digits, '_' and '-'`);
  }
  const connection = new EtcdConnection(options, options.clock);
  const keys = new Keys(options.prefix);
  try {
    const storeId = await openSchema(connection, keys, signal);
    const operationsMax = await operationsMaxOf(connection, keys, signal);
    return compose({ connection, keys, storeId, operationsMax, ...options });
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

interface Parts extends Pick<EtcdRepositoryOptions, 'clock' | 'logger' | 'historyMinutes'> {
  readonly connection: EtcdConnection;
  readonly keys: Keys;
  readonly storeId: string;
  readonly operationsMax: number;
}

function compose({ connection, keys, storeId, operationsMax, clock, logger, historyMinutes }: Parts): Repository {
  const writer = new EventWriter(connection, keys, operationsMax);
  const scanner = new EventScanner({ connection, keys, nowMs: () => clock.nowMs() });
  const follower = new EventFollower(connection, keys, storeId);
  const routes = new EtcdRouteStore(connection, keys);
  const closed = new AbortController();
  const compacting = keepCompacting({ connection, keys, clock, logger, historyMinutes }, closed.signal);
  return {
    events: new EtcdEventStore({ connection, keys, writer, scanner, follower }),
    network: new EtcdNetworkStore(connection, keys, routes),
    routes,
    statuses: new EtcdStatusStore(connection, keys),
    claims: new EtcdClaimStore(connection, keys, clock),
    estimates: new EtcdEstimateStore(connection, keys),
    accessTokens: new EtcdAccessTokenStore(connection, keys),
    enrolments: new EtcdEnrolmentStore(connection, keys),
    boxMail: new EtcdBoxMailStore(connection, keys),
    alerts: new EtcdAlertStore(connection, keys),
    staleSinceMs: () => connection.staleSinceMs,
    async ping(signal) {
      // Answered by a majority, or not at all.
      await connection.get(keys.schema, signal);
      if ((await connection.alarms(signal)).includes('Nospace')) {
        throw new UnavailableError('etcd is out of space (alarm NOSPACE): it takes no writes until that is mended');
      }
    },
    async [Symbol.asyncDispose]() {
      closed.abort(new UnavailableError('the repository is closed'));
      await compacting;
      writer.close();
      connection[Symbol.dispose]();
    },
  };
}
