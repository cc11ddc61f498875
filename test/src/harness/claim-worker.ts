/** A worker that counts up under every claim it gets; a process of its own, to be killed and paused. */
import { setTimeout as wait } from 'node:timers/promises';
import { keepClaims } from '@tdc/server/claims/keep-claims.ts';
import { openEtcdRepository } from '@tdc/server/repositories/etcd/repository.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';

const [workerId = '', endpoints = '', names = ''] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort(new Error('stopped')));
const logger = createLogger({ level: 'warn' });
const options = { endpoints: endpoints.split(','), prefix: 'tdc', clock: systemClock, logger, historyMinutes: 0 };
await using repository = await openEtcdRepository(options, stop.signal);
const { claims } = repository;
await keepClaims(
  {
    claims,
    workerId,
    names: async () => names.split(','),
    async work(claim, signal) {
      for (;;) {
        signal.throwIfAborted();
        const before = await claims.load(claim.name, signal);
        const count = before === undefined || before.value === '' ? 0 : JSON.parse(before.value).count;
        await claims.save(claim, JSON.stringify({ count: count + 1, worker: workerId }), signal);
        await wait(100, undefined, { signal });
      }
    },
    clock: systemClock,
    logger,
  },
  stop.signal,
);
