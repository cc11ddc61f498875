/** What runs in the thread of the estimator; see EstimatorThread. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { channelsOf } from '../alerts/channels.ts';
import { type AlertsOptions, runAlerts } from '../alerts/service.ts';
import type { ServerConfig } from '../config.ts';
import { openContext } from '../context.ts';
import { calendarOf } from '../history/calendar.ts';
import type { Claim } from '../repository.ts';
import { type Tracing, traceFields } from '../tracing/tracing.ts';
import { PublishedCounts } from './estimator-figures.ts';
import { runEstimator } from './service.ts';
import type { ThreadMessage } from './thread-message.ts';

const tellEveryMs = 1000;

if (parentPort === null) throw new Error('the estimator is started by a server, in a thread of it');
const port = parentPort;
const config: ServerConfig = workerData;
const clock = systemClock;
const tell = (message: ThreadMessage) => port.postMessage(message);
const stop = new AbortController();
port.once('message', () => stop.abort(new Error('the server is shutting down')));
const logger = createLogger({
  level: config.logLevel,
  output: { write: (line) => tell({ type: 'log', line }) },
  ...(config.tracing === undefined ? {} : { fields: traceFields }),
});
const published = new PublishedCounts();
let tracing: Tracing | undefined;
setInterval(() => {
  const figures = { published: published.all, heapBytes: process.memoryUsage().heapUsed };
  tell({ type: 'alive', figures, ...(tracing && { spans: tracing.counts() }) });
}, tellEveryMs).unref();
try {
  await using context = await openContext(config, clock, logger, stop.signal);
  const { repository } = context;
  tracing = context.tracing;
  const traces = tracing === undefined ? {} : { tracing };
  const watching: AlertsOptions = {
    ...{ repository, clock, logger, random: Math.random, rules: config.alerts.rules, ...traces },
    channels: await channelsOf(config.alerts, clock),
    calendar: calendarOf(config.timeZone),
    counts: { add: (channel, outcome, count) => tell({ type: 'notices', channel, outcome, count }) },
  };
  const alerts = (claim: Claim, signal: AbortSignal) => runAlerts(watching, claim, signal);
  const estimating = { repository, clock, logger, alerts, published, config: config.estimator, ...traces };
  await runEstimator(estimating, stop.signal);
} catch (error) {
  if (error !== stop.signal.reason) throw error;
} finally {
  port.close();
}
