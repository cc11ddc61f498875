import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, startAgent, stateDirectory } from './harness/agent.ts';
import { committedIds, plantOracle } from './harness/oracle.ts';
import type { Program } from './harness/program.ts';
import { type Random, seededRandom } from './harness/random.ts';
import { randomRecording, recordingText } from './harness/recording.ts';
import { listEvents, putDetectors } from './harness/rpc.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import { TcpProxy } from './harness/tcp-proxy.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

const faultKinds = [
  'agent-killed',
  'server-killed',
  'both-killed',
  'server-away',
  'connection-cut',
  'acks-lost',
] as const;
type FaultKind = (typeof faultKinds)[number];

const rounds = Number(process.env.TDC_TEST_ROUNDS ?? 54);
const firstSeed = Number(process.env.TDC_TEST_SEED ?? 1);
const lanes = 3;
const agentFlags = [
  ...['--uplink-backoff-ms-base', '20', '--uplink-backoff-ms-max', '100'],
  ...['--outbox-flush-rows', '20', '--outbox-flush-ms', '30', '--passage-gap-seconds', '5'],
];
/** Forty seconds of traffic in less than one. */
const recordingMs = 40_000;
const speed = '50';

/** What happened to the programs and connections of all rounds. */
const happened = { agentKills: 0, serverKills: 0, cuts: 0, acksLost: 0, outages: 0, eventsSentTwice: 0, events: 0 };

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let keyFile: string;
const startMs = Date.now() - 3_600_000;

beforeAll(async () => {
  folder = await temporaryDirectory();
  keyFile = await makeKeyFile(folder.path, startMs);
  // A program leaves its compiled sources to the next when it ends, which those that are killed do not.
  await using server = await startServer(folder.path);
  server.program.kill('SIGTERM');
  await server.program.exitsWith(0);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

/** One round: an agent that replays, a server, and between them a proxy whose address stays. */
class Round implements AsyncDisposable {
  readonly random: Random;
  readonly directory: string;
  readonly place: AgentPlace;
  readonly recording: string;
  readonly proxy: TcpProxy;
  server: RunningServer | undefined;
  agent: Program | undefined;

  private constructor(seed: number, random: Random, proxy: TcpProxy) {
    this.random = random;
    this.proxy = proxy;
    this.directory = join(folder.path, `round-${seed}`);
    this.place = { directory: this.directory, detectorId: 'D1', keyFile, collector: proxy.address };
    this.recording = join(this.directory, 'recording.csv');
  }

  static async prepare(seed: number): Promise<Round> {
    const random = seededRandom(seed);
    const round = new Round(seed, random, await TcpProxy.start());
    await mkdir(stateDirectory(round.place), { recursive: true, mode: 0o700 });
    plantOracle(round.outboxFile);
    const vehicles = random.between(100, 400);
    const sightings = randomRecording(random, { detectorId: 'D1', vehicles, durationMs: recordingMs });
    await writeFile(
      round.recording,
      recordingText(sightings.map((each) => ({ ...each, timeMs: each.timeMs + startMs }))),
    );
    return round;
  }

  get outboxFile(): string {
    return join(stateDirectory(this.place), 'outbox.sqlite');
  }

  async startServer(): Promise<void> {
    this.server = await startServer(this.directory);
    await putDetectors(this.server.collector, ['D1']);
    this.proxy.target = this.server.collector;
  }

  startReplay(): void {
    this.agent = startAgent(this.place, ['replay', this.recording, '--speed', speed], agentFlags);
  }

  /** Resolves at a random moment once the first events are committed. */
  async someMoment(msMax: number): Promise<void> {
    await until(
      `the first event\n${this.agent?.describe()}`,
      () => committedIds(this.outboxFile).length > 0 || undefined,
    );
    await wait(this.random.between(0, msMax));
  }

  async killServer(): Promise<void> {
    if (this.server === undefined) return;
    this.proxy.target = undefined;
    if (this.server.program.ended === undefined) happened.serverKills++;
    await this.server[Symbol.asyncDispose]();
    this.server = undefined;
  }

  async killAgent(): Promise<void> {
    if (this.agent?.ended === undefined) happened.agentKills++;
    await this.agent?.[Symbol.asyncDispose]();
    this.agent = undefined;
  }

  /** The faults are over: everything that was committed has to arrive. */
  async finish(): Promise<Record<string, unknown>> {
    if (this.server === undefined) await this.startServer();
    // One that was not killed ends when everything has arrived.
    this.agent ??= startAgent(this.place, ['drain'], agentFlags);
    await this.agent.exitsWith(0, 60_000);
    return this.agent.jsonLines().at(-1) ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent?.[Symbol.asyncDispose]();
    await this.server?.[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}

const strike: Record<FaultKind, (round: Round) => Promise<void>> = {
  async 'agent-killed'(round) {
    await round.startServer();
    round.startReplay();
    await round.someMoment(900);
    await round.killAgent();
    if (round.random.between(0, 1) === 0) return;
    // Once more from the beginning, over what is still in the outbox, and killed again.
    round.startReplay();
    await wait(round.random.between(300, 1200));
    await round.killAgent();
  },
  async 'server-killed'(round) {
    await round.startServer();
    round.startReplay();
    for (let times = round.random.between(1, 3); times > 0; times--) {
      await round.someMoment(400);
      await round.killServer();
      await wait(round.random.between(0, 300));
      await round.startServer();
    }
  },
  async 'both-killed'(round) {
    await round.startServer();
    round.startReplay();
    await round.someMoment(800);
    await Promise.all([round.killAgent(), round.killServer()]);
  },
  async 'server-away'(round) {
    round.startReplay();
    await round.someMoment(0);
    let count = 0;
    await until('the end of the recording', async () => {
      const before = count;
      await wait(300);
      count = committedIds(round.outboxFile).length;
      return count === before || undefined;
    });
    happened.outages++;
  },
  async 'connection-cut'(round) {
    await round.startServer();
    for (let times = round.random.between(1, 4); times > 0; times--) {
      const direction = round.random.pick(['to-server', 'to-client'] as const);
      const afterBytes = round.random.between(100, direction === 'to-server' ? 20_000 : 600);
      round.proxy.faults.push({ kind: 'cut', direction, afterBytes });
    }
    const planned = round.proxy.faults.length;
    round.startReplay();
    await round.someMoment(700);
    happened.cuts += planned - round.proxy.faults.length;
    round.proxy.faults.length = 0;
  },
  async 'acks-lost'(round) {
    await round.startServer();
    round.startReplay();
    for (let times = round.random.between(1, 3); times > 0; times--) {
      await round.someMoment(300);
      for (const connection of round.proxy.connections) connection.swallow('to-client');
      await wait(round.random.between(30, 300));
      round.proxy.cutAll();
      happened.acksLost++;
    }
  },
};

async function playRound(seed: number): Promise<void> {
  const kind = faultKinds[seed % faultKinds.length] ?? 'agent-killed';
  await using round = await Round.prepare(seed);
  const what = `round with seed ${seed}, ${kind}`;
  await strike[kind](round);
  const summary = await round.finish();
  const committed = committedIds(round.outboxFile);
  const stored = (await listEvents(round.server?.query ?? '')).map(({ id }) => id);
  expect(new Set(committed).size, what).toBe(committed.length);
  expect(stored.toSorted(), what).toEqual(committed.toSorted());
  expect(summary, what).toMatchObject({
    made: committed.length,
    acknowledged: committed.length,
    in_outbox: 0,
    dropped: 0,
  });
  happened.events += committed.length;
  happened.eventsSentTwice += sentTwice(round.proxy.captured('to-server'), committed);
}

/** Ids stand as plain text in what is sent. */
function sentTwice(sent: Buffer, ids: readonly string[]): number {
  return ids.filter((id) => sent.indexOf(id, sent.indexOf(id) + 1) > sent.indexOf(id) && sent.includes(id)).length;
}

test(`${rounds} seeded rounds of kills, outages, cuts and lost acknowledgements leave every committed event in the repository exactly once`, async () => {
  const seeds = Array.from({ length: rounds }, (_, index) => firstSeed + index);
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await playRound(seed);
    }),
  );
  // The faults did happen.
  expect(happened.agentKills).toBeGreaterThanOrEqual(Math.floor(rounds / 6));
  expect(happened.serverKills).toBeGreaterThanOrEqual(Math.floor(rounds / 6));
  expect(happened.cuts).toBeGreaterThanOrEqual(Math.floor(rounds / 6));
  expect(happened.acksLost).toBeGreaterThanOrEqual(Math.floor(rounds / 6));
  expect(happened.outages).toBeGreaterThanOrEqual(Math.floor(rounds / 6));
  expect(happened.eventsSentTwice).toBeGreaterThan(0);
  expect(happened.events).toBeGreaterThan(rounds * 50);
}, 600_000);
