import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, startAgent, stateDirectory } from './harness/agent.ts';
import { expectedPassages } from './harness/expected-passages.ts';
import type { Program } from './harness/program.ts';
import { recordHours } from './harness/recorded-hours.ts';
import { readRecording } from './harness/recording.ts';
import { agentStatus, listEvents, putDetectors } from './harness/rpc.ts';
import { startServer } from './harness/server.ts';
import { TcpProxy } from './harness/tcp-proxy.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

const hourMs = 3_600_000;
const fromMs = Date.UTC(2026, 2, 1);
const vehiclesPerHour = 600;
/** Half of what docs/agent.md advises for a box: a backlog that were kept in memory would end the agent. */
const smallHeap = { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=40', MALLOC_ARENA_MAX: '2' };

/** The most memory that the program has had when it ends, in MB. */
async function peakMbUntilEnd(program: Program): Promise<number> {
  const file = `/proc/${program.pid}/status`;
  let peakMb = 0;
  return until(
    'the end of the agent',
    () => {
      if (!existsSync(file)) return peakMb;
      const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(file, 'utf8'))?.[1];
      peakMb = Math.max(peakMb, (Number(kib ?? 0) * 1024) / 1e6);
      return undefined;
    },
    { timeoutMs: 240_000 },
  );
}

/** An agent lives through hours without a collector, which then comes back; resolves to what it took and to what arrived. */
async function livesThroughOutage(hours: number) {
  await using folder = await temporaryDirectory();
  const directory = folder.path;
  await using server = await startServer(directory, '--collector-event-age-days-max', '36500');
  await putDetectors(server.collector, ['D1']);
  await using away = await TcpProxy.start();
  const recording = await recordHours({ directory, fromMs, hours, vehiclesPerHour });
  const expected = expectedPassages(await readRecording(recording), 'D1').map(({ referenceMs }) => referenceMs);
  const keyFile = await makeKeyFile(directory, fromMs);
  const place: AgentPlace = { directory, detectorId: 'D1', keyFile, collector: away.address };

  await using agent = startAgent(place, ['replay', recording], ['--uplink-backoff-ms-max', '1000'], { env: smallHeap });
  const buffered = await until(
    'all events in the outbox',
    async () => {
      const status = await agentStatus(stateDirectory(place));
      if (agent.ended !== undefined) throw new Error(agent.describe());
      return status?.events?.inOutbox === BigInt(expected.length) ? status : undefined;
    },
    { timeoutMs: 240_000, pollMs: 250 },
  );
  away.target = server.collector;
  const memoryMb = await peakMbUntilEnd(agent);
  await agent.exitsWith(0, 240_000);
  const arrived = (await listEvents(server.query)).map(({ referenceTimeNs }) => Number(referenceTimeNs / 1_000_000n));
  return { buffered, expected, arrived, memoryMb, summary: agent.jsonLines().at(-1) };
}

test('after 72 hours without a collector every event arrives, those of the first hours too, and memory is that of six hours', async () => {
  const short = await livesThroughOutage(6);
  const long = await livesThroughOutage(72);

  expect(long.expected.length).toBeGreaterThan(40_000);
  expect(long.buffered.events).toMatchObject({ acknowledged: 0n, dropped: [] });
  expect(long.arrived).toEqual(long.expected);
  const perHour = Object.values(Object.groupBy(long.arrived, (timeMs) => Math.floor((timeMs - fromMs) / hourMs)));
  expect(perHour.length).toBeGreaterThanOrEqual(72);
  const made = long.expected.length;
  expect(long.summary).toMatchObject({ made, acknowledged: made, in_outbox: 0, dropped: 0 });
  console.log(`peak memory: ${short.memoryMb.toFixed(0)} MB after 6 hours, ${long.memoryMb.toFixed(0)} MB after 72`);
  expect(long.memoryMb).toBeLessThan(short.memoryMb * 1.5);
}, 600_000);
