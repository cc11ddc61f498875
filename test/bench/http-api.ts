/** The HTTP API beside an ingest of 1,000 events a second: mixed reads at 200 requests a second, and 1,000 live listeners. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import autocannon from 'autocannon';
import { LiveListeners } from './live-listeners.ts';
import type { Measurement } from './report.ts';
import { type Served, serve } from './serve.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const client = join(import.meta.dirname, '../../server/bin/tdc.js');
const detectors = Array.from({ length: 60 }, (_, index) => `D${index + 1}`);
const eventsPerSecond = 1000;
const requestsPerSecond = 200;
const readSeconds = 60;
const warmUpSeconds = 150;
const listenersCount = 1000;
const fewListeners = 10;
const aim = 'p99 under 100 ms';

/** What a control room and the systems beside it ask for; the last is what the network and HTTP take of it. */
const reads = [
  '/api/v1/estimates',
  '/api/v1/detectors',
  '/api/v1/links/D1/D2',
  '/api/v1/events?detector_ids=D3&order=newest-first&page_size=100',
  '/api/v1/estimates/history?links=D1:D2&page_size=100',
  '/api/v1/route?detector_ids=D1&detector_ids=D2&detector_ids=D3',
] as const;

export async function benchHttpApi(progress: (text: string) => void): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  await inTemporaryFolder((folder) =>
    serve(folder, ['--limits-calls-per-second', '100000', '--limits-events-per-second', '100000'], async (served) => {
      await applyNetwork(folder, served);
      const idle = await readAll(served.http, ['/healthz']);
      const ingest = startIngest(served);
      progress(`${warmUpSeconds} s of events, so that there are travel times to read`);
      await wait(warmUpSeconds * 1000);
      progress(`${readSeconds} s of reads`);
      const mixed = await readAll(served.http, reads);
      progress(`${listenersCount} listeners`);
      measurements.push(...readMeasurements(mixed, idle), ...(await listenLive(served)));
      await ended(ingest, progress);
    }),
  );
  return measurements;
}

/** A ring of detectors, with a link each way between neighbours. */
async function applyNetwork(folder: string, { collector, query }: Served): Promise<void> {
  const file = join(folder, 'ring.json');
  const links = detectors.flatMap((from, index) => {
    const to = detectors[(index + 1) % detectors.length] ?? '';
    return [
      { from, to, max_seconds: 900 },
      { from: to, to: from, max_seconds: 900 },
    ];
  });
  const places = detectors.map((id, index) => ({ id, x: 1000 * Math.cos(index / 10), y: 1000 * Math.sin(index / 10) }));
  writeFileSync(file, JSON.stringify({ detectors: places, links }));
  const apply = spawn(
    process.execPath,
    [client, '--collector', collector, '--query', query, 'network', 'apply', file],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = await once(apply, 'exit');
  if (code !== 0) throw new Error(`tdc network apply ended with ${code}`);
}

function startIngest({ collector }: Served): ChildProcess {
  const seconds = warmUpSeconds + 2 * readSeconds + 60;
  const traffic = ['traffic', '--detector', detectors.join(','), '--rate', String(eventsPerSecond)];
  const flags = ['--devices', '20000', '--duration', `${seconds}s`];
  return spawn(process.execPath, [client, '--collector', collector, ...traffic, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function ended(ingest: ChildProcess, progress: (text: string) => void): Promise<void> {
  progress('the end of the events');
  const [code] = ingest.exitCode === null ? await once(ingest, 'exit') : [ingest.exitCode];
  if (code !== 0) throw new Error(`tdc traffic ended with ${code}: the reads were beside less than was said`);
}

async function readAll(http: string, paths: readonly string[]): Promise<autocannon.Result> {
  for (const path of paths) {
    const { status } = await fetch(`http://${http}${path}`);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
  }
  const result = await autocannon({
    url: `http://${http}`,
    requests: paths.map((path) => ({ method: 'GET', path, headers: { 'accept-encoding': 'gzip' } })),
    connections: 10,
    overallRate: requestsPerSecond,
    duration: readSeconds,
  });
  if (result.non2xx + result.errors + result.timeouts > 0)
    throw new Error(`${result.non2xx} answers were failures, ${result.errors} errors, ${result.timeouts} timeouts`);
  return result;
}

function readMeasurements(mixed: autocannon.Result, idle: autocannon.Result): Measurement[] {
  const what = `of ${requestsPerSecond} mixed reads a second over HTTP, beside ${eventsPerSecond} events a second`;
  const against = (value: number) => ({ what: '/healthz at the same rate, of an idle server', value });
  return [
    {
      what: `median ${what}`,
      value: mixed.latency.p50,
      unit: 'ms',
      against: against(idle.latency.p50),
      ratio: mixed.latency.p50 / idle.latency.p50,
    },
    {
      what: `99th percentile ${what}`,
      value: mixed.latency.p99,
      unit: 'ms',
      against: against(idle.latency.p99),
      ratio: mixed.latency.p99 / idle.latency.p99,
      aim,
    },
    {
      what: `answers a second ${what}`,
      value: mixed.requests.average,
      unit: '1/s',
      against: { what: 'asked for', value: requestsPerSecond },
      ratio: mixed.requests.average / requestsPerSecond,
    },
  ];
}

/** A minute is published while all listen: each must hear of every link. */
async function listenLive({ http, pid }: Served): Promise<Measurement[]> {
  const few = await LiveListeners.open(http, fewListeners);
  const spreadOfFew = await few.spreadMs();
  few.close();
  const before = residentMb(pid);
  const all = await LiveListeners.open(http, listenersCount);
  const spread = await all.spreadMs();
  const perListenerKb = ((residentMb(pid) - before) * 1000) / listenersCount;
  all.close();
  return [
    {
      what: `from the first to the last word of a published minute, to ${listenersCount} live listeners`,
      value: spread,
      unit: 'ms',
      against: { what: `to ${fewListeners} listeners, a minute before`, value: spreadOfFew },
      ratio: spread / spreadOfFew,
    },
    { what: 'memory of the server for each live listener', value: perListenerKb, unit: 'kB' },
  ];
}

function residentMb(pid: number): number {
  const [, kb = 'NaN'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}
