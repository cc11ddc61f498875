import { type GrpcService, startGrpcServer } from '@tdc/shared/grpc-server.ts';
import { Pulse } from '@tdc/shared/pulse.ts';
import { Guard } from './access/guard.ts';
import { KnownTokens } from './access/known-tokens.ts';
import { type AccessContext, accessService } from './access/service.ts';
import type { NoticeCounts } from './alerts/notice-counts.ts';
import { boxMailService } from './box-mail/service.ts';
import { KnownDetectors } from './collector/known-detectors.ts';
import { collectorService } from './collector/service.ts';
import type { CalledService } from './config.ts';
import type { ServerContext } from './context.ts';
import type { EnrolmentContext } from './enrolment/context.ts';
import { Refusals } from './enrolment/refusals.ts';
import { revocationIn } from './enrolment/revoked.ts';
import { enrolmentService } from './enrolment/service.ts';
import { watchServerCertificate } from './enrolment/watch-server-certificate.ts';
import type { EstimatorFigures } from './estimator/estimator-figures.ts';
import { EstimatorThread } from './estimator/estimator-thread.ts';
import { watchRepository } from './health.ts';
import { calendarOf } from './history/calendar.ts';
import { alertService } from './query/alert-service.ts';
import { historyService } from './query/history-service.ts';
import { LinkHistory } from './query/link-history.ts';
import { queryService } from './query/service.ts';
import { keepRemovingOld } from './retention.ts';
import { tracedCalls } from './tracing/traced-calls.ts';
import { tracingWith } from './tracing/tracing.ts';

/** How long calls that are under way may take to end by themselves. */
const shutdownGraceMs = 10_000;

/** A service on its port. */
interface ServedPort {
  readonly address: string;
  setServing(serving: boolean): void;
  stop(graceMs: number): Promise<void>;
}

/** A server that takes calls; disposing of it finishes and acknowledges what it has received. */
export interface RunningServer extends AsyncDisposable {
  /** Bound addresses, host:port. */
  readonly addresses: ReadonlyMap<CalledService, string>;
  /** The repository is asked whether it answers, which it need not; and the estimator moves, where there is one. */
  readonly pulses: readonly Pulse[];
  readonly isServing: boolean;
  /** Rejects when something that runs beside the calls fails for good; never resolves. */
  readonly failed: Promise<never>;
}

/** Starts the configured services on their ports. Throws when a port cannot be had; nothing stays open then. */
export async function startServer(context: ServerContext): Promise<RunningServer> {
  const shutdown = new AbortController();
  const servers = new Map<CalledService, ServedPort>();
  const access = accessOf(context, shutdown.signal);
  const { repository, clock } = context;
  const history = new LinkHistory({ repository, clock, calendar: calendarOf(context.config.timeZone) });
  const estimates = context.config.services.includes('estimator');
  const thread = estimates ? new EstimatorThread(context.config, context.logger, context.clock) : undefined;
  const services = withThread({ ...context, history }, thread);
  try {
    for (const name of context.config.services) {
      if (name === 'estimator') continue;
      servers.set(name, await startService(name, services, access, shutdown.signal));
    }
  } catch (error) {
    await stopAll(servers, shutdown);
    throw error;
  }
  const pulse = new Pulse('the watch over the repository', context.clock);
  let isServing = false;
  const report = (state: 'serving' | 'not-serving') => {
    pulse.beat();
    isServing = state === 'serving';
    for (const server of servers.values()) server.setServing(isServing);
  };
  const background = runBackground(services, access, thread, report, shutdown.signal);
  return {
    addresses: new Map([...servers].map(([name, { address }]) => [name, address])),
    pulses: thread === undefined ? [pulse] : [pulse, thread.pulse],
    get isServing() {
      return isServing;
    },
    failed: background.then(() => new Promise<never>(() => {})),
    async [Symbol.asyncDispose]() {
      await stopAll(servers, shutdown);
      await Promise.allSettled([background]);
    },
  };
}

/** What a service works with besides. */
interface ServiceContext extends ServerContext {
  readonly history: LinkHistory;
  /** Absent where nobody is told of alerts by this process. */
  readonly notices?: NoticeCounts;
  /** Of the estimator of this process; absent where there is none. */
  readonly figures?: () => EstimatorFigures;
}

/** With what the thread of the estimator, if there is one, has come to. */
function withThread(context: ServiceContext, thread: EstimatorThread | undefined): ServiceContext {
  if (thread === undefined) return context;
  const { tracing } = context;
  const both = tracing === undefined ? {} : { tracing: tracingWith(tracing, () => thread.spans) };
  return { ...context, ...both, notices: thread.notices, figures: () => thread.figures };
}

interface Access extends AccessContext {
  readonly guard: Guard;
}

function accessOf({ config, repository, clock, logger }: ServerContext, shutdown: AbortSignal): Access {
  const store = repository.accessTokens;
  const known = new KnownTokens({ store, clock, logger, shutdown });
  const isRevoked = revocationIn(repository.enrolments);
  const guard = new Guard({ tokens: known, isRevoked, rates: config.limits, clock, logger });
  return { store, known, guard, clock };
}

async function startService(
  name: CalledService,
  context: ServiceContext,
  access: Access,
  shutdown: AbortSignal,
): Promise<ServedPort> {
  const { config, logger, tracing } = context;
  const { host } = config;
  if (name === 'http') return startHttp(context, access, shutdown);
  const tls = name === 'health' && config.healthPlaintext ? undefined : config.tls;
  return startGrpcServer({
    name,
    host,
    port: config.ports[name],
    services: await servicesOf(name, context, access, shutdown),
    logger,
    limits: config.limits.connections,
    guard: access.guard.interceptorFor,
    ...(tracing === undefined ? {} : { observers: [tracedCalls(tracing)] }),
    ...(tls === undefined ? {} : { tls }),
  });
}

/** Loaded where it is served: the others do without its framework. */
async function startHttp(
  { config, repository, clock, logger, history, tracing, notices, figures }: ServiceContext,
  { guard }: Access,
  shutdown: AbortSignal,
): Promise<ServedPort> {
  const { startHttpServer } = await import('./http/server.ts');
  const { host, tls, tiles, ports, limits, estimator: estimation, publisher } = config;
  return startHttpServer({
    ...{ repository, history, clock, logger, guard, shutdown, host, estimation, publisher },
    port: ports.http,
    limits: limits.connections,
    ...(tracing === undefined ? {} : { tracing }),
    ...(notices === undefined ? {} : { notices }),
    ...(figures === undefined ? {} : { figures }),
    ...(tls === undefined ? {} : { tls }),
    ...(tiles === undefined ? {} : { tiles }),
  });
}

/** The health port answers for the whole process; the other ports answer for themselves besides. */
async function servicesOf(
  name: Exclude<CalledService, 'http'>,
  context: ServiceContext,
  access: Access,
  shutdown: AbortSignal,
): Promise<readonly GrpcService[]> {
  const { config, repository, clock, tracing } = context;
  if (name === 'health') return [];
  if (name === 'query') {
    return [
      queryService({ repository, clock, shutdown, estimation: config.estimator }),
      historyService(context),
      alertService(context),
    ];
  }
  const detectors = new KnownDetectors(repository.network, clock);
  const collector = collectorService({
    ...{ repository, clock, detectors, eventTimes: config.eventTimes, shutdown },
    ...(tracing === undefined ? {} : { tracing }),
  });
  return [
    collector,
    accessService(access),
    enrolmentService(await enrolmentOf(context)),
    boxMailService({ repository, clock }),
  ];
}

async function enrolmentOf({ config, repository, clock }: ServerContext): Promise<EnrolmentContext> {
  const { enrolment: settings } = config;
  const context = { repository, clock, refusals: new Refusals(clock) };
  if (settings === undefined) return context;
  // Loaded where it is wanted alone.
  const { readAuthority } = await import('./enrolment/authority.ts');
  return { ...context, issuing: { authority: readAuthority(settings.authority), settings } };
}

/** What runs beside the calls until shutdown: the health of all ports, retention where events are written, and the estimator. */
async function runBackground(
  { config, repository, clock, logger }: ServerContext,
  { guard }: Access,
  thread: EstimatorThread | undefined,
  report: (state: 'serving' | 'not-serving') => void,
  shutdown: AbortSignal,
): Promise<void> {
  const retains = config.services.includes('collector');
  const { tls } = config;
  await Promise.all([
    watchRepository({ repository, clock, logger, report }, shutdown),
    guard.watchStreams(shutdown),
    tls === undefined ? undefined : watchServerCertificate({ ...tls, clock, logger }, shutdown),
    retains ? keepRemovingOld({ repository, clock, logger, ...config.retention }, shutdown) : undefined,
    thread?.run(shutdown),
  ]);
}

async function stopAll(servers: ReadonlyMap<CalledService, ServedPort>, shutdown: AbortController): Promise<void> {
  for (const server of servers.values()) server.setServing(false);
  shutdown.abort(new Error('the server is shutting down'));
  await Promise.all([...servers.values()].map((server) => server.stop(shutdownGraceMs)));
}
