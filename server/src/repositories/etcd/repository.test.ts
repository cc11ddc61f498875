import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { afterAll, beforeAll } from 'vitest';
import { repositoryContract } from '../repository.contract.ts';
import { EtcdCluster } from './etcd-process.ts';
import { openEtcdRepository } from './repository.ts';

const logger = createLogger({ level: 'silent' });
const never = new AbortController().signal;
let cluster: EtcdCluster;

beforeAll(async () => {
  cluster = await EtcdCluster.start();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

let opened = 0;
repositoryContract('etcd', async () => {
  const options = {
    endpoints: cluster.endpoints,
    prefix: `test-${opened++}`,
    clock: systemClock,
    logger,
    historyMinutes: 15,
  };
  let repository = await openEtcdRepository(options, never);
  return {
    repository,
    async reopen() {
      await repository[Symbol.asyncDispose]();
      repository = await openEtcdRepository(options, never);
      return repository;
    },
    [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
  };
});
