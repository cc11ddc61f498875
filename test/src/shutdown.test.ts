import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import type { StreamEventsResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { expect, test } from 'vitest';
import { collectorAt, listEvents, putDetectors } from './harness/rpc.ts';
import { startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

const batchEvents = 50;

/** Streams batches, four under way, until the server ends the stream; returns the ids of events acknowledged. */
function streamUntilEnd(address: string): { readonly acknowledged: Set<string>; readonly ended: Promise<unknown> } {
  const collector = collectorAt(address);
  const call = collector.client.streamEvents();
  const sent = new Map<bigint, readonly string[]>();
  const acknowledged = new Set<string>();
  let next = 1n;
  const send = () => {
    const events = Array.from({ length: batchEvents }, () => madeUpEvent({ referenceTimeMs: Date.now() - 60_000 }));
    sent.set(
      next,
      events.map(({ id }) => id),
    );
    call.write({ batch: next++, events: events.map(eventToWire) });
  };
  const ended = new Promise((resolve) => {
    call.on('error', resolve);
    call.on('end', () => resolve(undefined));
  }).finally(() => collector[Symbol.dispose]());
  call.on('data', ({ batch, rejected }: StreamEventsResponse) => {
    expect(rejected).toEqual([]);
    for (const id of sent.get(batch) ?? []) acknowledged.add(id);
    send();
  });
  for (let underWay = 0; underWay < 4; underWay++) send();
  return { acknowledged, ended };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a server told by %s to end finishes what it has taken, and every acknowledged event is there',
  async (signal) => {
    await using folder = await temporaryDirectory();
    const server = await startServer(folder.path);
    await putDetectors(server.collector, ['D1']);
    const streams = [1, 2, 3].map(() => streamUntilEnd(server.collector));
    await until('acknowledgements', () => streams.every(({ acknowledged }) => acknowledged.size > 500) || undefined);
    server.program.kill(signal);
    expect(await server.program.exit(20_000)).toEqual({ code: 0, signal: null });
    expect(server.program.stderr).toBe('');
    for (const { ended } of streams) await ended;
    await using next = await startServer(folder.path);
    const stored = new Set((await listEvents(next.query)).map(({ id }) => id));
    for (const { acknowledged } of streams) expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  },
);

test('a collector over etcd told to end does the same, while another goes on', async () => {
  await using folder = await temporaryDirectory();
  await using cluster = await EtcdCluster.start();
  const flags = ['--repository', 'etcd', '--etcd-endpoints', cluster.endpoints.join(',')];
  const first = await startServer(folder.path, ...flags, '--services', 'collector,query,health');
  await using second = await startServer(folder.path, ...flags);
  await putDetectors(first.collector, ['D1']);
  const [leaving, staying] = [streamUntilEnd(first.collector), streamUntilEnd(second.collector)];
  await until(
    'acknowledgements',
    () => (leaving.acknowledged.size > 500 && staying.acknowledged.size > 500) || undefined,
  );
  first.program.kill('SIGTERM');
  expect(await first.program.exit(20_000)).toEqual({ code: 0, signal: null });
  await leaving.ended;
  const before = staying.acknowledged.size;
  await until('more acknowledgements', () => staying.acknowledged.size > before + 500 || undefined);
  const acknowledged = new Set([...leaving.acknowledged, ...staying.acknowledged]);
  const stored = new Set((await listEvents(second.query)).map(({ id }) => id));
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
});
