/** One hour of one detector out of ten million stored events, through the query service, against bare reads of the same rows. */
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { EtcdCluster } from '@tdc/server/repositories/etcd/etcd-process.ts';
import { Keys } from '@tdc/server/repositories/etcd/keys.ts';
import { openEtcdRepository } from '@tdc/server/repositories/etcd/repository.ts';
import { openSqliteRepository } from '@tdc/server/repositories/sqlite/repository.ts';
import type { Repository } from '@tdc/server/repository.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { ListEventsRequest, QueryServiceClient } from '@tdc/shared/generated/tdc/v1/query.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import Sqlite from 'better-sqlite3';
import { Etcd3 } from 'etcd3';
import { batchesOf, madeUpEvents } from './made-up-events.ts';
import { type Measurement, median } from './report.ts';
import { serve } from './serve.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const eventCount = 10_000_000;
const detectorCount = 50;
const hours = 24;
const rounds = 9;
const detectorId = 'D17';
const hourMs = 3_600_000;
const never = new AbortController().signal;

/** The same in etcd, against bare range reads of the same keys. */
export function benchEtcdHour(progress: (text: string) => void): Promise<Measurement[]> {
  return inTemporaryFolder(async (folder) => {
    const quota = [
      '--quota-backend-bytes',
      String(32 * 1024 ** 3),
      '--max-txn-ops',
      '2048',
      '--snapshot-count',
      '10000',
    ];
    await using cluster = await EtcdCluster.start({ flags: quota });
    const startMs = Date.now() - hours * hourMs;
    const logger = createLogger({ level: 'silent' });
    const options = { endpoints: cluster.endpoints, prefix: 'tdc', clock: systemClock, logger, historyMinutes: 0 };
    await using repository = await openEtcdRepository(options, never);
    await fill(repository, startMs, progress);
    const fromMs = startMs + 11 * hourMs;
    const bare: number[] = [];
    const served: number[] = [];
    let found = 0;
    const flags = ['--repository', 'etcd', '--etcd-endpoints', cluster.endpoints.join(','), '--retention-hours', '0'];
    await serve(folder, flags, async ({ query }) => {
      for (let round = 0; round < rounds; round++) {
        const pairs = await bareRange(cluster, fromMs);
        const events = await servedHour(query, fromMs);
        if (pairs.count !== events.count) throw new Error(`etcd has ${pairs.count}, the service finds ${events.count}`);
        bare.push(pairs.ms);
        served.push(events.ms);
        found = events.count;
      }
    });
    const [value, against] = [median(served), median(bare)];
    return [
      {
        what: `one hour of one detector (${found} events) out of ${eventCount / 1e6} million in etcd, all pages`,
        value,
        unit: 'ms',
        against: { what: 'bare etcd3 range reads of the same keys, pages of 1000', value: against },
        ratio: value / against,
      },
    ];
  });
}

async function bareRange(cluster: EtcdCluster, fromMs: number): Promise<Timed> {
  const client = new Etcd3({ hosts: [...cluster.endpoints] });
  await client.get('warm');
  const keys = new Keys('tdc');
  const beganMs = performance.now();
  const end = Buffer.from(keys.eventBound(detectorId, fromMs + hourMs));
  let count = 0;
  let key: Buffer = Buffer.from(keys.eventBound(detectorId, fromMs));
  for (let more = true; more; ) {
    const page = await client.kv.range({ key, range_end: end, limit: 1000 });
    count += page.kvs.length;
    more = page.more;
    const last = page.kvs.at(-1);
    if (last !== undefined) key = Buffer.concat([last.key, Buffer.alloc(1)]);
  }
  const ms = performance.now() - beganMs;
  client.close();
  return { ms, count };
}

export function benchHour(progress: (text: string) => void): Promise<Measurement[]> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'tdc.sqlite');
    const startMs = Date.now() - hours * hourMs;
    {
      await using repository = openSqliteRepository({ file });
      await fill(repository, startMs, progress);
    }
    const fromMs = startMs + 11 * hourMs;
    const bare: number[] = [];
    const served: number[] = [];
    let found = 0;
    await serve(folder, ['--retention-hours', '0'], async ({ query }) => {
      for (let round = 0; round < rounds; round++) {
        const rows = bareHour(file, fromMs);
        const events = await servedHour(query, fromMs);
        if (rows.count !== events.count) throw new Error(`bare SQL finds ${rows.count}, the service ${events.count}`);
        bare.push(rows.ms);
        served.push(events.ms);
        found = events.count;
      }
    });
    const [value, against] = [median(served), median(bare)];
    return [
      {
        what: `one hour of one detector (${found} events) out of ${eventCount / 1e6} million, all pages`,
        value,
        unit: 'ms',
        against: { what: 'bare better-sqlite3 SELECT of the same rows from the same file', value: against },
        ratio: value / against,
      },
    ];
  });
}

async function fill(repository: Repository, startMs: number, progress: (text: string) => void): Promise<void> {
  for (let number = 1; number <= detectorCount; number++) {
    const position = { type: 'plane', xM: number, yM: 0 } as const;
    await repository.network.putDetector({ id: `D${number}`, name: '', position }, never);
  }
  const perSecond = eventCount / (hours * 3600);
  let stored = 0;
  for (const batch of batchesOf(
    madeUpEvents({ count: eventCount, detectors: detectorCount, startMs, perSecond }),
    10_000,
  )) {
    await repository.events.append(batch, never);
    stored += batch.length;
    if (stored % 1_000_000 === 0) progress(`${stored / 1e6} of ${eventCount / 1e6} million events stored`);
  }
}

interface Timed {
  readonly ms: number;
  readonly count: number;
}

async function servedHour(address: string, fromMs: number): Promise<Timed> {
  const client = new QueryServiceClient(address, credentials.createInsecure());
  const beganMs = performance.now();
  let count = 0;
  let pageToken = '';
  do {
    const request = ListEventsRequest.fromPartial({
      filter: { detectorIds: [detectorId] },
      fromNs: nsFromMs(fromMs),
      toNs: nsFromMs(fromMs + hourMs),
      pageSize: 1000,
      pageToken,
    });
    const page = await callUnary(client, client.listEvents, request, { timeoutMs: 60_000 });
    count += page.events.length;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  const ms = performance.now() - beganMs;
  client.close();
  return { ms, count };
}

function bareHour(file: string, fromMs: number): Timed {
  const database = new Sqlite(file, { readonly: true });
  const beganMs = performance.now();
  const count = database
    .prepare(
      'SELECT * FROM events WHERE detector_id = ? AND reference_time_ms >= ? AND reference_time_ms < ? AND id > ? AND id < ? ORDER BY id',
    )
    .all(detectorId, fromMs, fromMs + hourMs, idBound(fromMs), idBound(fromMs + hourMs)).length;
  const ms = performance.now() - beganMs;
  database.close();
  return { ms, count };
}

/** The first ten characters of a ULID are its time in Crockford base 32. */
function idBound(timeMs: number): string {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let text = '';
  for (let rest = timeMs; text.length < 10; rest = Math.floor(rest / 32)) text = `${digits[rest % 32]}${text}`;
  return text;
}
