/** How long an event takes from its commit in an agent to a watcher of the query service, over etcd. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SqliteOutbox } from '@tdc/agent/outboxes/sqlite.ts';
import { Uplink, uplinkTimes } from '@tdc/agent/uplink.ts';
import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { QueryServiceClient, type WatchEventsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { callUnary, clientCredentials } from '@tdc/shared/grpc-client.ts';
import { errorOfStatus } from '@tdc/shared/grpc-status.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import type { Measurement } from './report.ts';
import { serve } from './serve.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const perSecond = 1000;
const commitEveryMs = 50;
const seconds = 20;
const plain = clientCredentials(undefined);

export function benchEtcdLatency(progress: (text: string) => void): Promise<Measurement[]> {
  return inTemporaryFolder(async (folder) => {
    await using cluster = await EtcdCluster.start({ members: 3 });
    const flags = ['--repository', 'etcd', '--etcd-endpoints', cluster.endpoints.join(',')];
    let latenciesMs: readonly number[] = [];
    await serve(folder, flags, async ({ collector, query }) => {
      progress(`${seconds} s at ${perSecond} events/s`);
      const client = new CollectorServiceClient(collector, plain);
      const position = { $case: 'plane', value: { xM: 0, yM: 0 } } as const;
      await callUnary(
        client,
        client.putDetector,
        { detector: { id: 'D1', name: '', position } },
        { timeoutMs: 10_000 },
      );
      client.close();
      latenciesMs = await measure(join(folder, 'outbox.sqlite'), collector, query);
    });
    const sorted = latenciesMs.toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
    const what = `an event from its commit in an agent to a watcher, ${perSecond} events/s over three etcd members`;
    return [
      { what: `${what}: median`, value: at(0.5), unit: 'ms' },
      { what: `${what}: 99 of 100`, value: at(0.99), unit: 'ms' },
    ];
  });
}

async function measure(file: string, collector: string, query: string): Promise<readonly number[]> {
  using outbox = new SqliteOutbox({ file, bytesMax: 1024 ** 3, nowMs: Date.now, onRecovered: () => {} });
  outbox.open();
  const stop = new AbortController();
  const uplink = new Uplink({
    outbox,
    clock: systemClock,
    random: Math.random,
    connect: () => new CollectorServiceClient(collector, plain),
    toError: errorOfStatus,
    backoff: { baseMs: 100, maxMs: 1000 },
    ...uplinkTimes,
    status: () => AgentStatus.fromPartial({ detectorId: 'D1' }),
    statusIntervalMs: 60_000,
    onConnected: () => {},
    onFailed: (error) => console.error(error.message),
    onStatusRefused: () => {},
    onRejected: ([first]) => {
      throw new Error(first?.message);
    },
    onSettled: () => {},
  });
  const running = uplink.run(stop.signal);
  const committedAtMs = new Map<string, number>();
  const latenciesMs: number[] = [];
  const client = new QueryServiceClient(query, plain);
  const watch = client.watchEvents({ filter: undefined, cursor: '' });
  const begun = Promise.withResolvers<void>();
  watch.on('data', ({ events }: WatchEventsResponse) => {
    begun.resolve();
    const nowMs = performance.now();
    for (const { id } of events) latenciesMs.push(nowMs - (committedAtMs.get(id) ?? Number.NaN));
  });
  // It ends by being cancelled.
  watch.on('error', () => {});
  await begun.promise;
  const events = (perSecond * commitEveryMs) / 1000;
  for (let committed = 0; committed < seconds * perSecond; committed += events) {
    const batch = Array.from({ length: events }, () =>
      madeUpEvent({ referenceTimeMs: Date.now(), madeAtMs: Date.now() + 33_000 }),
    );
    outbox.append(batch);
    for (const { id } of batch) committedAtMs.set(id, performance.now());
    uplink.wake();
    await wait(commitEveryMs);
  }
  while (latenciesMs.length < seconds * perSecond) await wait(50);
  watch.cancel();
  client.close();
  stop.abort();
  await running;
  return latenciesMs;
}
