/** An estimator on a clock of its own, which runs fast; a process of its own, to be killed, paused and cut off. */
import { runEstimator } from '@tdc/server/estimator/service.ts';
import { openEtcdRepository } from '@tdc/server/repositories/etcd/repository.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { FastClock } from '@tdc/shared/fast-clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';

const [, endpoints = '', startMs = '', realStartMs = '', speed = ''] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort(new Error('stopped')));
const logger = createLogger({ level: 'error', output: process.stderr });
const options = { endpoints: endpoints.split(','), prefix: 'tdc', clock: systemClock, logger, historyMinutes: 0 };
await using repository = await openEtcdRepository(options, stop.signal);
const passedMs = (Date.now() - Number(realStartMs)) * Number(speed);
const clock = new FastClock(Number(startMs) + passedMs, Number(speed));
const settings = { estimator: 'grid-filter', rotating: true } as const;
await runEstimator(
  { repository, clock, logger, config: { ...settings, delaySeconds: 5, reachHours: 16 } },
  stop.signal,
);
