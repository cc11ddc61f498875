import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tenth } from '@tdc/server/estimation/estimate.ts';
import { Surroundings } from '@tdc/server/estimation/surroundings.ts';
import { memoryBeginsMs } from '@tdc/server/estimation/term.ts';
import { DestinationReplay } from '@tdc/server/estimator/destination-replay.ts';
import { estimationEventOf, minuteOf } from '@tdc/server/estimator/event-history.ts';
import type { Link } from '@tdc/shared/network.ts';
import { parseEvent } from '@tdc/shared/wire.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type AgentPlace, makeKeyFile, startAgent, stateDirectory } from './harness/agent.ts';
import { startBrowser } from './harness/browser.ts';
import { type Program, runProgram } from './harness/program.ts';
import { QuickClock } from './harness/quick-clock.ts';
import { agentStatus, listEvents } from './harness/rpc.ts';
import { type RunningServer, startServerBehind } from './harness/server.ts';
import { TcpProxy } from './harness/tcp-proxy.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

const minuteMs = 60_000;
/** Of the road, for which one agent is cut off; `npm run test:stall` makes it an hour. */
const stallMinutes = Number(process.env.TDC_TEST_STALL_MINUTES ?? 5);
/** A minute of the road takes two seconds. */
const quickness = 30;
/** Traffic in which A to B is jammed from 12:18 to 12:42, and free afterwards. */
const seed = 7;
const startMs = Date.UTC(2026, 2, 2, ...(stallMinutes >= 60 ? ([12, 8] as const) : ([13, 0] as const)));
const ids = ['A', 'B', 'C', 'D'];
const network = {
  detectors: ids.map((id, i) => ({ id, name: `at ${id}`, x: 500 * i, y: 0 })),
  links: ids.slice(1).map((to, i) => ({ from: ids[i], to, max_seconds: 1800, free_flow_seconds: 35 })),
  routes: [{ id: 'through', name: 'All the way', detectors: ids }],
};

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let clock: QuickClock;
let server: RunningServer;
let proxy: TcpProxy;
let agents: readonly Program[] = [];
let browser: Browser;
let page: Page;
let stateOfB: string;
let cutAtMs: number;
let backAtMs: number;
let backlog: number;

beforeAll(async () => {
  const browserStarting = startBrowser();
  folder = await temporaryDirectory();
  const directory = folder.path;
  const file = join(directory, 'network.yaml');
  await writeFile(file, stringify(network));
  clock = new QuickClock(startMs, quickness);
  server = await startServerBehind(clock.command('steady'), directory);
  const { collector, query } = server;
  const apply = ['network', 'apply', file, '--collector', collector, '--query', query];
  const applied = await runProgram('tdc', apply, { directory });
  if (applied.code !== 0) throw new Error(applied.describe());
  proxy = await TcpProxy.start(collector);
  const keyFile = await makeKeyFile(directory, startMs);
  const placeOf = (detectorId: string): AgentPlace => {
    return { directory, detectorId, keyFile, collector: detectorId === 'B' ? proxy.address : collector };
  };
  stateOfB = stateDirectory(placeOf('B'));
  const road = ['--simulation-network-file', file, '--simulation-seed', String(seed)];
  const flags = ['--scanners', 'simulated', ...road, '--clock-trust', '--uplink-backoff-ms-max', '5000'];
  agents = ids.map((id) => {
    // Of B it is seen what it says first when it is back, and nothing after that.
    const interval = ['--status-interval-seconds', id === 'B' ? '60' : '20'];
    return startAgent(placeOf(id), ['run'], [...flags, ...interval], { command: clock.command('quick') });
  });
  browser = await browserStarting;
  page = await browser.newPage({ locale: 'en-GB', timezoneId: 'UTC' });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  for (const each of [...agents, server, proxy]) await each?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

interface Estimate {
  readonly time: string;
  readonly revision: number;
  readonly status: string;
  readonly mean_seconds: number | null;
  readonly free_flow_seconds: number | null;
  readonly samples: number;
  readonly age_seconds: number | null;
}
const isValue = ({ status }: Estimate) => status === 'live' || status === 'sparse';
const iso = (ms: number) => new Date(ms).toISOString();
async function read<T>(path: string): Promise<T> {
  const answer = await fetch(`http://${server.http}/api/v1/${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
/** The newest of a link, and when that was read. */
async function newest(link: string) {
  const { estimates } = await read<{ estimates: readonly Estimate[] }>(`estimates?links=${link}`);
  return { readAtMs: clock.nowMs(), estimate: estimates[0] };
}
/** Whole minutes in which nothing of B had come, from when it was known to be down. */
const stalled = () => ({
  fromMs: Math.ceil(cutAtMs / minuteMs) * minuteMs + 2 * minuteMs,
  toMs: Math.floor(backAtMs / minuteMs) * minuteMs - minuteMs,
});
async function history(link: string, revisions: 'last' | 'all') {
  const { fromMs, toMs } = stalled();
  const range = `from=${iso(fromMs)}&to=${iso(toMs + 1)}&page_size=1000`;
  const path = `estimates/history?links=${link}&${range}&revisions=${revisions}`;
  return (await read<{ estimates: readonly Estimate[] }>(path)).estimates;
}
const eventually = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 40_000, interval: 100 });
const open = (path: string) => page.goto(`http://${server.http}${path}`);
const linkRow = (id: string) => page.locator(`tr[data-link="${id}"]`);
const main = () => page.locator('main').innerText();
const reportedOfB = async () =>
  Date.parse((await read<{ detector: { reported_at: string } }>('detectors/B')).detector.reported_at);

describe(`one of four agents is cut off for ${stallMinutes} minutes of the road`, () => {
  test('until then its links are live', async () => {
    for (const link of ['A:B', 'B:C']) await eventually(async () => (await newest(link)).estimate?.status).toBe('live');
    await open('/');
    await eventually(() => linkRow('A:B').innerText()).toMatch(/at A to at B\s+\d:\d\d/);
  });

  test('the console says which detector is silent and since when, and of which links nothing is known of now', async () => {
    await eventually(async () => (await agentStatus(stateOfB))?.events?.inOutbox).toBe(0n);
    proxy.leave();
    cutAtMs = clock.nowMs();
    for (const link of ['A:B', 'B:C']) await eventually(() => linkRow(link).getAttribute('data-level')).toBe('down');
    await eventually(() => page.locator('tr[data-detector=B]').innerText()).toMatch(/silent\s+no status for \d+ min/);
    await eventually(() => linkRow('C:D').getAttribute('data-level')).toMatch(/^(free|dense|slow|jam)$/);
    await open('/detectors/B');
    const lastContactMs = await reportedOfB();
    expect(Math.abs(cutAtMs - lastContactMs)).toBeLessThan(3 * minuteMs);
    await eventually(main).toMatch(/silent[\s\S]+Last contact/);
    expect(await main()).toContain(`${iso(lastContactMs).slice(11, 19)} UTC`);
    await open('/links/A/B');
    await eventually(main).toContain('a detector is down; the value is of before');
    await open('/route');
    const sign = page.locator('[data-route=through]');
    await eventually(() => sign.getAttribute('data-level')).toBe('down');
    // The first link counts as it was when those who arrive now left it.
    await eventually(() => sign.innerText()).toMatch(
      /A to B: a detector gives no sign of life; B to C: a detector gives no/,
    );
    expect(await sign.innerText()).not.toContain('C to D');
  });

  test('the agent goes on hearing, and keeps what it cannot send', async () => {
    await until(
      'the end of the stall',
      async () => (clock.nowMs() > cutAtMs + stallMinutes * minuteMs ? true : undefined),
      {
        timeoutMs: (stallMinutes * minuteMs) / quickness + 10_000,
        pollMs: 250,
      },
    );
    const { events } = (await agentStatus(stateOfB)) ?? {};
    backlog = Number(events?.inOutbox);
    expect(backlog).toBeGreaterThan(stallMinutes * 3);
    expect(events?.made).toBe((events?.acknowledged ?? 0n) + (events?.inOutbox ?? 0n));
    expect(events?.dropped).toEqual([]);
  });
});

/** What was told of now while the agent caught up. */
const told: { readonly readAtMs: number; readonly estimate: Estimate | undefined }[] = [];

describe('it comes back', () => {
  test('the console shows how much it has still to send, then that it is well and its links are live', async () => {
    backAtMs = clock.nowMs();
    for (const link of ['A:B', 'B:C']) expect((await history(link, 'last')).filter(isValue)).toEqual([]);
    proxy.target = server.collector;
    const isDone = new AbortController();
    const watching = watchNewest(isDone.signal);
    try {
      await until('a status', async () => ((await reportedOfB()) > backAtMs ? true : undefined));
      // What it says first has to stand until it is seen.
      proxy.leave();
      await open('/detectors/B');
      const toSend = async () => Number(/Outbox\s+Events: ([\d,]+)/.exec(await main())?.[1]?.replaceAll(',', ''));
      await eventually(toSend).toBeGreaterThanOrEqual(backlog);
      proxy.target = server.collector;
      // Of what it hears now some is always on its way.
      await eventually(async () => {
        await page.reload();
        await page.locator('.facts').first().waitFor();
        return main();
      }).toMatch(/well[\s\S]+Outbox\s+Events: \d;/);
      await open('/');
      for (const link of ['A:B', 'B:C'])
        await eventually(() => linkRow(link).getAttribute('data-level')).toMatch(/^(free|dense)$/);
      await eventually(async () => (await history('B:C', 'last')).every(isValue)).toBe(true);
      await eventually(async () => (await history('A:B', 'last')).every(isValue)).toBe(true);
    } finally {
      isDone.abort();
      await watching;
    }
  });

  async function watchNewest(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      told.push(await newest('A:B'));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});

test('what was published of that time is revised, and what was said of it before stays to be read', async () => {
  const { fromMs, toMs } = stalled();
  for (const link of ['A:B', 'B:C']) {
    const [last, all] = await Promise.all([history(link, 'last'), history(link, 'all')]);
    expect(last).toHaveLength((toMs - fromMs) / minuteMs + 1);
    expect(last.filter(({ revision }) => revision < 2)).toEqual([]);
    const first = all.filter(({ revision }) => revision === 1);
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set(['detector_down']));
    expect(first).toHaveLength(last.length);
  }
});

test('nothing of it is there twice, and nothing is missing', async () => {
  const { found, made } = await until('an agent that has sent everything', async () => {
    const before = (await agentStatus(stateOfB))?.events;
    const found = await listEvents(server.query, { detectorIds: ['B'] });
    const after = (await agentStatus(stateOfB))?.events;
    const isAtRest = before !== undefined && before.inOutbox === 0n && before.made === after?.made;
    return isAtRest ? { found, made: before.made } : undefined;
  });
  expect(found).toHaveLength(Number(made));
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
});

/** What an estimator says of each minute to which every event came in time, once. */
async function undisturbed(to: 'B' | 'C'): Promise<ReadonlyMap<number, Estimated>> {
  const links = network.links.map(({ from = '', to, ...link }): Link => {
    return {
      fromDetectorId: from,
      toDetectorId: to,
      maxSeconds: link.max_seconds,
      freeFlowSeconds: link.free_flow_seconds,
    };
  });
  const near = new Surroundings(links).around(to);
  const events = (await listEvents(server.query, { detectorIds: near })).flatMap((wire) => {
    const parsed = parseEvent(wire);
    return parsed.ok ? [estimationEventOf(parsed.value)] : [];
  });
  const byMinute = Map.groupBy(events, ({ madeAtMs }) => minuteOf(madeAtMs));
  const beginMs = memoryBeginsMs(startMs);
  const asByDefault = { estimator: 'grid-filter', rotating: true, rotationSeconds: 900 } as const;
  const replay = new DestinationReplay({ ...asByDefault, detectorId: to, links }, startMs);
  const minutes = new Map<number, Estimated>();
  for (let timeMs = beginMs + minuteMs; timeMs <= clock.nowMs(); timeMs += minuteMs) {
    const [made] = (await replay.minute(timeMs, byMinute.get(timeMs) ?? [])).estimates;
    if (made === undefined) continue;
    const { samples, travelTime } = made.estimate;
    minutes.set(timeMs, { samples, mean: travelTime === undefined ? null : tenth(travelTime.meanS) });
  }
  return minutes;
}
interface Estimated {
  readonly samples: number;
  readonly mean: number | null;
}

test('history is as if the agent had never been away, and what was told of now meanwhile was of now alone', async () => {
  for (const [link, to] of [
    ['A:B', 'B'],
    ['B:C', 'C'],
  ] as const) {
    const minutes = await undisturbed(to);
    const last = await history(link, 'last');
    expect(last.map(({ time, samples, mean_seconds: mean }) => [time, { samples, mean }])).toEqual(
      last.map(({ time }) => [time, minutes.get(Date.parse(time))]),
    );
  }
  const minutes = await undisturbed('B');
  const times = told.map(({ estimate }) => Date.parse(estimate?.time ?? ''));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const values = told.flatMap(({ readAtMs, estimate }) => {
    return estimate !== undefined && isValue(estimate)
      ? [{ ...estimate, readAtMs, timeMs: Date.parse(estimate.time) }]
      : [];
  });
  console.log(
    `${(await history('A:B', 'last')).length} minutes of A:B revised; ${values.length} values told of now meanwhile, of ${new Set(values.map(({ timeMs }) => timeMs)).size} minutes`,
  );
  expect(values.length).toBeGreaterThan(5);
  for (const { readAtMs, timeMs, samples } of values) {
    expect(readAtMs - timeMs).toBeLessThan(3 * minuteMs);
    expect(samples).toBeLessThanOrEqual(minutes.get(timeMs)?.samples ?? 0);
  }
});

test.runIf(stallMinutes >= 60)('history has the jam that nobody could see, and now never had it', async () => {
  const ratio = ({ mean_seconds: mean, free_flow_seconds: free }: Estimate) => (mean ?? 0) / (free ?? 1);
  const ofTheHour = (await history('A:B', 'last')).map(ratio);
  expect(ofTheHour.filter((each) => each >= 2.5).length).toBeGreaterThan(10);
  const values = told.flatMap(({ estimate }) => (estimate !== undefined && isValue(estimate) ? [estimate] : []));
  expect(Math.max(...values.map(ratio))).toBeLessThan(1.67);
});
