/** Events a second through gRPC into etcd, against bare etcd3: transactions of 128 puts, and one put an event. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { eventToValue } from '@tdc/server/repositories/etcd/event-value.ts';
import { Keys } from '@tdc/server/repositories/etcd/keys.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { Etcd3, type IRequestOp } from 'etcd3';
import { agentBatches } from './ingest-load.ts';
import { batchesOf } from './made-up-events.ts';
import { type Measurement, median } from './report.ts';
import { serve } from './serve.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const rounds = 3;
const operations = 128;
const inFlight = 8;
const singlePuts = 10_000;

export async function benchEtcdIngest(progress: (text: string) => void): Promise<Measurement[]> {
  const events = agentBatches(Date.now()).flat();
  const [served, batched, single]: [number[], number[], number[]] = [[], [], []];
  let bytesAnEvent = Number.NaN;
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    // As docs/operations.md has members started.
    const flags = ['--max-txn-ops', '1024', '--quota-backend-bytes', String(8 * 1024 ** 3)];
    await using cluster = await EtcdCluster.start({ flags });
    batched.push(await bareRate(cluster, `bare-${round}`, events, operations));
    single.push(await bareRate(cluster, `single-${round}`, events.slice(0, singlePuts), 1));
    const before = databaseBytes(cluster);
    served.push(events.length / (await sendAll(cluster)));
    bytesAnEvent = (databaseBytes(cluster) - before) / events.length;
  }
  const value = median(served);
  const what = 'events through gRPC into one etcd member, 20 agents with batches of 256';
  const line = (against: number, compared: string, aim: string): Measurement => ({
    what,
    value,
    unit: 'events/s',
    against: { what: compared, value: against },
    ratio: value / against,
    aim,
  });
  return [
    line(
      median(batched),
      `bare etcd3, the same keys and values, ${operations} puts a transaction, ${inFlight} under way`,
      '0.8 or more',
    ),
    line(median(single), `bare etcd3, a put an event, ${inFlight} under way`, '5 or more'),
    { what: 'an event on the disk of etcd, history included', value: bytesAnEvent, unit: 'bytes' },
  ];
}

/** Events a second of a program that only puts them. */
async function bareRate(
  cluster: EtcdCluster,
  prefix: string,
  events: readonly DetectionEvent[],
  puts: number,
): Promise<number> {
  const client = new Etcd3({ hosts: [...cluster.endpoints] });
  const keys = new Keys(prefix);
  const pairs = events.map((event) => ({
    request_put: {
      key: Buffer.from(keys.event(event.detectorId, event.referenceTimeMs, event)),
      value: Buffer.from(eventToValue(event)),
    },
  }));
  const batches = batchesOf<IRequestOp>(pairs, puts);
  const startMs = performance.now();
  const worker = async () => {
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      const success = next.value;
      await (puts === 1
        ? client.kv.put(success[0]?.request_put ?? {})
        : client.kv.txn({ compare: [], success, failure: [] }));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - startMs) / 1000;
  client.close();
  return events.length / seconds;
}

async function sendAll(cluster: EtcdCluster): Promise<number> {
  let seconds = Number.NaN;
  const flags = ['--repository', 'etcd', '--etcd-endpoints', cluster.endpoints.join(',')];
  await inTemporaryFolder((folder) =>
    serve(folder, flags, async ({ collector }) => {
      const senders = fork(join(import.meta.dirname, 'ingest-senders.ts'), [collector], { execArgv: [] });
      const [[said]] = await Promise.all([once(senders, 'message'), once(senders, 'exit')]);
      seconds = Number(said);
    }),
  );
  return seconds;
}

function databaseBytes(cluster: EtcdCluster): number {
  const status = JSON.parse(cluster.ctl('endpoint', 'status', '--write-out=json')) as {
    Status: { dbSizeInUse: number };
  }[];
  return status[0]?.Status.dbSizeInUse ?? Number.NaN;
}
