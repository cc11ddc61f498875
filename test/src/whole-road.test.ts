import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { Kind } from '@tdc/shared/generated/tdc/v1/event.ts';
import { Order } from '@tdc/shared/generated/tdc/v1/query.ts';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, runAgents } from './harness/agent.ts';
import { type ExpectedPassage, expectedPassages } from './harness/expected-passages.ts';
import { runProgram } from './harness/program.ts';
import { readRecording } from './harness/recording.ts';
import { listEvents } from './harness/rpc.ts';
import { startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const recordingFile = process.env.TDC_TEST_RECORDING ?? inProject('test/fixtures/road.csv.gz');
const networkFile = process.env.TDC_TEST_NETWORK ?? inProject('deploy/demo/road.yaml');

const kinds = new Map<number, string>([
  [Kind.KIND_CLASSIC, 'classic'],
  [Kind.KIND_BLE, 'ble'],
  [Kind.KIND_WIFI, 'wifi'],
  [Kind.KIND_ANPR, 'anpr'],
  [Kind.KIND_IMSI, 'imsi'],
]);
const ms = (ns: bigint) => Number(ns / 1_000_000n);

const passageOf = (event: Event): ExpectedPassage => ({
  kind: kinds.get(event.kind) ?? '',
  firstMs: ms(event.firstSeenNs),
  lastMs: ms(event.lastSeenNs),
  referenceMs: ms(event.referenceTimeNs),
  sightings: event.sightings,
  rssiPeakDbm: event.rssiPeakDbm,
  resident: event.resident,
});
/** In an order that does not depend on ids, which are random among events of one moment. */
const sorted = (passages: readonly ExpectedPassage[]) => passages.map((passage) => JSON.stringify(passage)).toSorted();
const keyOf = ({ detectorId, id, deviceId }: Event) => `${detectorId} ${id} ${deviceId}`;

/** Every row of every table of events, as the file has them. */
function storedRows(directory: string): readonly unknown[] {
  const database = new Sqlite(join(directory, 'server.sqlite'), { readonly: true });
  try {
    return database.prepare('SELECT * FROM events ORDER BY detector_id, id, device_id').all();
  } finally {
    database.close();
  }
}

test('a recording replayed through an agent process for each detector is what the query service answers, however often it is sent', async () => {
  await using folder = await temporaryDirectory();
  const directory = folder.path;
  await using server = await startServer(directory, '--collector-event-age-days-max', '36500');
  const apply = ['network', 'apply', networkFile, '--collector', server.collector, '--query', server.query];
  expect(await runProgram('tdc', apply, { directory })).toMatchObject({ code: 0 });

  const recording = await readRecording(recordingFile);
  const detectorIds = [...new Set(recording.map(({ detectorId }) => detectorId))].toSorted();
  expect(detectorIds.length).toBeGreaterThanOrEqual(5);
  const keyFile = await makeKeyFile(directory, recording[0]?.timeMs ?? 0);
  const places = detectorIds.map(
    (detectorId): AgentPlace => ({ directory, detectorId, keyFile, collector: server.collector }),
  );

  await runAgents(places, ['replay', recordingFile], ['--no-send']);
  await cp(join(directory, 'agents'), join(directory, 'kept'), { recursive: true });
  const summaries = await runAgents(places, ['drain']);

  const newest = await listEvents(server.query, { order: Order.ORDER_NEWEST_FIRST, pageSize: 1000 });
  for (const [index, detectorId] of detectorIds.entries()) {
    const expected = expectedPassages(recording, detectorId);
    const events = newest.filter((event) => event.detectorId === detectorId);
    expect(events.length, detectorId).toBe(expected.length);
    expect(sorted(events.map(passageOf)), detectorId).toEqual(sorted(expected));
    expect(summaries[index]).toMatchObject({ made: expected.length, acknowledged: expected.length, dropped: 0 });
  }
  expect(newest.length).toBeGreaterThan(1000);

  const rowsOnce = storedRows(directory);
  expect(rowsOnce.length).toBe(newest.length);
  await rm(join(directory, 'agents'), { recursive: true });
  await cp(join(directory, 'kept'), join(directory, 'agents'), { recursive: true });
  const again = await runAgents(places, ['drain']);
  expect(again.map(({ acknowledged }) => acknowledged)).toEqual(summaries.map(({ acknowledged }) => acknowledged));
  expect(storedRows(directory)).toEqual(rowsOnce);

  const keys = newest.map(keyOf);
  expect(new Set(keys).size).toBe(keys.length);
  for (const order of [Order.ORDER_NEWEST_FIRST, Order.ORDER_OLDEST_FIRST] as const) {
    for (const pageSize of [7, 1000]) {
      const events = await listEvents(server.query, { order, pageSize });
      const inOrder = order === Order.ORDER_NEWEST_FIRST ? events : events.toReversed();
      expect(inOrder.map(keyOf), `order ${order}, pages of ${pageSize}`).toEqual(keys);
    }
  }
}, 600_000);
