import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { Guard } from '../access/guard.ts';
import { KnownTokens } from '../access/known-tokens.ts';
import { defaultServerLimits } from '../access/options.ts';
import { revocationIn } from '../enrolment/revoked.ts';
import { publisherByDefault } from '../formats/datex2/publisher.ts';
import { calendarOf } from '../history/calendar.ts';
import { LinkHistory } from '../query/link-history.ts';
import { temporaryRepository } from '../repositories/sqlite/temporary-repository.ts';
import type { PublishedEstimate, Repository } from '../repository.ts';
import { type Answer, type Asking, ask } from './asking.ts';
import { type HttpServerOptions, startHttpServer } from './server.ts';

const never = new AbortController().signal;

/** For tests: HTTP over plain text on loopback, and the repository behind it. */
export interface HttpSubject extends AsyncDisposable {
  readonly url: string;
  readonly repository: Repository;
  readonly log: readonly Record<string, unknown>[];
  get(path: string, asking?: Asking): Promise<Answer>;
  setServing(serving: boolean): void;
  stop(graceMs?: number): Promise<void>;
  /** Publishes, as the estimator of the last detector does. */
  publish(...estimates: readonly PublishedEstimate[]): Promise<void>;
}

export async function startHttpSubject(
  detectorIds: readonly string[],
  given: Partial<HttpServerOptions> = {},
): Promise<HttpSubject> {
  const repository = given.repository ?? (await temporaryRepository(detectorIds));
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', output: { write: (line: string) => lines.push(line) } });
  const shutdown = new AbortController();
  const { accessTokens: store, enrolments } = repository;
  const tokens = new KnownTokens({ store, clock: systemClock, logger, shutdown: shutdown.signal });
  const guard = new Guard({
    ...{ tokens, isRevoked: revocationIn(enrolments), rates: defaultServerLimits },
    ...{ clock: systemClock, logger },
  });
  const clock = given.clock ?? systemClock;
  const history = new LinkHistory({ repository, clock, calendar: calendarOf('Europe/Berlin') });
  const estimation = { estimator: 'grid-filter', rotating: true } as const;
  const made = { repository, history, clock, logger, guard, estimation, shutdown: shutdown.signal };
  const options = { ...made, publisher: publisherByDefault };
  const limits = defaultServerLimits.connections;
  const server = await startHttpServer({ ...options, host: '127.0.0.1', port: 0, limits, ...given });
  server.setServing(true);
  const url = `http://${server.address}`;
  const stop = async (graceMs = 5000) => {
    shutdown.abort(new Error('the server is shutting down'));
    await server.stop(graceMs);
  };
  return {
    ...{ url, repository, stop },
    get log() {
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    get: (path, asking) => ask(`${url}${path}`, asking),
    setServing: (serving) => server.setServing(serving),
    publish: (...estimates) => publish(repository, estimates),
    async [Symbol.asyncDispose]() {
      await stop();
      await repository[Symbol.asyncDispose]();
    },
  };
}

/** Publishes estimates of links to one detector. */
export async function publish(repository: Repository, estimates: readonly PublishedEstimate[]): Promise<void> {
  await using session = await repository.claims.join('a worker', never);
  const claim = await session.claim(estimates[0]?.toDetectorId ?? '', never);
  if (claim === undefined) throw new Error('somebody else has the detector');
  const lastMs = Math.max(...estimates.map(({ timeMs }) => timeMs));
  await repository.estimates.publish(
    claim,
    estimates,
    estimates.filter(({ timeMs }) => timeMs === lastMs),
    never,
  );
}
