import type { Repository } from '../../repository.ts';
import { SqliteAccessTokenStore } from './access-tokens.ts';
import { SqliteAlertStore } from './alerts.ts';
import { SqliteBoxMailStore } from './box-mail.ts';
import { SqliteClaimStore } from './claims.ts';
import { SqliteEnrolmentStore } from './enrolments.ts';
import { SqliteEstimateStore } from './estimates.ts';
import { EventRemover } from './event-remover.ts';
import { SqliteEventStore } from './events.ts';
import { guarded } from './faults.ts';
import { SqliteNetworkStore } from './network.ts';
import { type FileLock, type OpenDatabase, openDatabase } from './open.ts';
import { SqliteRouteStore } from './routes.ts';
import { SqliteStatusStore } from './statuses.ts';

/**
 * Opens the repository in a SQLite file. One process at a time has it; others may read the file. Another thread of that process opens it with
 * a lock that is `held`. See openDatabase for what it throws.
 */
export function openSqliteRepository(options: { readonly file: string; readonly lock?: FileLock }): Repository {
  const open = openDatabase(options.file, options.lock);
  try {
    return guarded(open.file, 'opening the database', () => compose(open));
  } catch (error) {
    open[Symbol.dispose]();
    throw error;
  }
}

function compose(open: OpenDatabase): Repository {
  const { database, file } = open;
  const remover = new EventRemover(open);
  const routes = new SqliteRouteStore(open);
  const network = new SqliteNetworkStore(open, remover, routes);
  const events = new SqliteEventStore(open, remover, network.knows);
  const claims = new SqliteClaimStore(open);
  const takeWriteLock = database.transaction(() => database.prepare('SELECT last_seq FROM meta').get()).immediate;
  return {
    events,
    network,
    routes,
    statuses: new SqliteStatusStore(open, network.knows),
    claims,
    estimates: new SqliteEstimateStore(open, claims),
    accessTokens: new SqliteAccessTokenStore(open),
    enrolments: new SqliteEnrolmentStore(open, network.knows),
    boxMail: new SqliteBoxMailStore(open, network.knows),
    alerts: new SqliteAlertStore(open, claims),
    staleSinceMs: () => undefined,
    async ping(signal) {
      signal.throwIfAborted();
      guarded(file, 'trying the database', takeWriteLock);
      events.probe();
    },
    async [Symbol.asyncDispose]() {
      claims.close();
      await events.close();
      open[Symbol.dispose]();
    },
  };
}
