import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClockQuality, type Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { type AgentStatus, ClockState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, startAgent, stateDirectory } from './harness/agent.ts';
import { BoxClock } from './harness/box-clock.ts';
import type { Program } from './harness/program.ts';
import { agentStatus, listEvents, putDetectors } from './harness/rpc.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

const { CLOCK_QUALITY_SYNCHRONISED, CLOCK_QUALITY_CORRECTED, CLOCK_QUALITY_UNSYNCHRONISED } = ClockQuality;
const flags = [
  ...['--scanners', 'exec', '--passage-gap-seconds', '1', '--outbox-flush-ms', '50'],
  ...['--uplink-backoff-ms-base', '50', '--uplink-backoff-ms-max', '200'],
];
/** Ten minutes past the beginning of 1970. */
const in1970S = 600 - Math.floor(Date.now() / 1000);

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: RunningServer;
let clock: BoxClock;
let agent: Program | undefined;
let place: AgentPlace;
let plates: string;
beforeEach(async () => {
  folder = await temporaryDirectory();
  const directory = folder.path;
  clock = new BoxClock(join(directory, 'box'));
  await mkdir(join(directory, 'box'));
  server = await startServer(directory);
  await putDetectors(server.collector, ['D1']);
  const keyFile = await makeKeyFile(directory, Date.now());
  place = { directory, detectorId: 'D1', keyFile, collector: server.collector };
  plates = join(directory, 'plates');
  await writeFile(plates, '');
});
afterEach(async () => {
  // In order, so that it ends its plate reader.
  agent?.kill('SIGTERM');
  await agent?.exit();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Starts the agent; its plate reader tells all that it reads from now on. */
async function start(): Promise<void> {
  await writeFile(plates, '');
  agent = startAgent(place, ['run'], [...flags, '--exec-command', `tail -n +1 -F ${plates}`], clock);
  await statusThat('is there', () => true);
}

/** A car passes; resolves to when, in truth. Its reader has that from the clock of the box, and hands it on whenever it likes. */
async function hear(plate: string): Promise<number> {
  const atMs = Date.now();
  const time = new Date(atMs + clock.aheadMs).toISOString();
  await appendFile(plates, `${JSON.stringify({ kind: 'anpr', address: plate, time })}\n`);
  return atMs;
}

const statusThat = (what: string, is: (status: AgentStatus) => boolean) =>
  until(`a status that ${what}\n${agent?.describe()}`, async () => {
    const status = await agentStatus(stateDirectory(place));
    return status !== undefined && is(status) ? status : undefined;
  });

/** The car passes, and its event waits for the clock. */
async function hearAndWait(plate: string): Promise<number> {
  const { events } = await statusThat('is there', () => true);
  const atMs = await hear(plate);
  await statusThat(
    'has one more that waits',
    (now) => (now.events?.waitingForClock ?? 0n) > (events?.waitingForClock ?? 0n) && now.events?.uncommitted === 0n,
  );
  return atMs;
}

/** All that has arrived, once there is one within a second of each time. */
async function arrived(atMs: readonly number[], clockQuality: ClockQuality): Promise<readonly Event[]> {
  let events: readonly Event[] = [];
  const isThere = (ms: number) =>
    events.some((event) => event.clockQuality === clockQuality && Math.abs(referenceMs(event) - ms) <= 1000);
  try {
    return await until('events', async () => {
      events = await listEvents(server.query, { detectorIds: ['D1'] });
      return atMs.every(isThere) ? events : undefined;
    });
  } catch (cause) {
    const found = events.map(
      (event) => `${new Date(referenceMs(event)).toISOString()} of quality ${event.clockQuality}`,
    );
    const wanted = atMs.map((ms) => new Date(ms).toISOString());
    throw new Error(`expected ${wanted} of quality ${clockQuality}: found ${found}\n${agent?.describe()}`, { cause });
  }
}

const referenceMs = ({ referenceTimeNs }: Event): number => msFromNs(referenceTimeNs);

function expectConservation({ events }: AgentStatus): void {
  const dropped = (events?.dropped ?? []).reduce((sum, { count }) => sum + count, 0n);
  expect(events?.made).toBe((events?.acknowledged ?? 0n) + (events?.inOutbox ?? 0n) + dropped);
}

test('a boot in 1970 that is synchronised later has its times to the second, also of before a kill', async () => {
  await clock.boot(in1970S);
  await start();
  const before = [await hearAndWait('B AB 1'), await hearAndWait('B AB 2')];
  agent?.kill('SIGKILL');
  await agent?.exit();
  await start();
  before.push(await hearAndWait('B AB 3'));
  expect(await listEvents(server.query)).toEqual([]);
  const { scanners } = await statusThat('is there', () => true);
  const underWay = await hear('B AB 4');
  await statusThat('has heard it', (now) => (now.scanners[0]?.sightings ?? 0n) > (scanners[0]?.sightings ?? 0n));
  await clock.synchronise();
  await arrived([...before, underWay], CLOCK_QUALITY_CORRECTED);
  const status = await statusThat('is synchronised', ({ clock }) => clock === ClockState.CLOCK_STATE_SYNCHRONISED);
  expect(Number(status.clockStep?.stepMs) / 1000).toBeCloseTo(-in1970S, -1);
  expect(Math.abs(msFromNs(status.startedAtNs) - Date.now())).toBeLessThan(60_000);
  const after = await hear('B AB 5');
  const events = await arrived([after], CLOCK_QUALITY_SYNCHRONISED);
  expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted());
  expectConservation(await statusThat('has sent all', ({ events }) => events?.inOutbox === 0n));
}, 120_000);

test('a synchronised clock that is set by an hour is not believed, until a time server does so', async () => {
  await clock.boot(-7);
  await clock.synchronise();
  await start();
  for (const offsetS of [3600, -3600]) {
    await clock.set(offsetS);
    await arrived([await hear('B AB 1')], CLOCK_QUALITY_SYNCHRONISED);
    await clock.synchronise();
    await arrived([await hear('B AB 2')], CLOCK_QUALITY_SYNCHRONISED);
  }
  await clock.synchronise(-3600);
  await statusThat('has followed', ({ clockStep }) => Math.abs(Number(clockStep?.stepMs) + 3_600_000) < 1000);
  await arrived([(await hear('B AB 3')) - 3_600_000], CLOCK_QUALITY_SYNCHRONISED);
  const off = (await listEvents(server.query)).filter(
    ({ referenceTimeNs }) => msFromNs(referenceTimeNs) > Date.now() + 1000,
  );
  expect(off).toEqual([]);
  expectConservation(await statusThat('has sent all', ({ events }) => events?.inOutbox === 0n));
}, 120_000);

test('events of boots that never were synchronised are marked, or dropped where their time cannot be true', async () => {
  await clock.boot(in1970S);
  await start();
  await hearAndWait('B AB 1');
  agent?.kill('SIGTERM');
  await agent?.exit();
  await clock.boot(-7200);
  await start();
  const { events } = await statusThat('has dropped', ({ events }) => (events?.dropped ?? []).length > 0);
  expect(events?.dropped[0]?.reason).toBe('never_synchronised');
  const atMs = await hearAndWait('B AB 2');
  agent?.kill('SIGTERM');
  await agent?.exit();
  await clock.boot(0);
  await clock.synchronise();
  await start();
  const found = await arrived([atMs - 7_200_000], CLOCK_QUALITY_UNSYNCHRONISED);
  expect(found.every(({ referenceTimeNs }) => msFromNs(referenceTimeNs) > Date.now() - 10_800_000)).toBe(true);
  expectConservation(await statusThat('waits no more', ({ events }) => events?.waitingForClock === 0n));
}, 120_000);
