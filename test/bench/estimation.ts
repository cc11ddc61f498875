/** Events a second through matching and estimation on one core, and how time and memory grow; against the same matching in SQL. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type City, cityOf } from './estimation-load.ts';
import { type Measurement, median } from './report.ts';

interface Run {
  readonly links: number;
  readonly events: number;
  readonly matches: number;
  readonly estimates: number;
  readonly seconds: number;
  readonly heapBytes: number;
}

const rounds = 3;
/** Links, hours, events a link and hour. */
const dense = [1000, 1, 600] as const;
const sparse = 60;
const growth = [
  [100, 1],
  [1000, 1],
  [10_000, 1],
  [1000, 4],
  [1000, 24],
] as const;

export async function benchEstimation(progress: (text: string) => void): Promise<Measurement[]> {
  const ours: number[] = [];
  const sql: number[] = [];
  const city = cityOf(...dense);
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    const run = await runCity(...dense);
    ours.push(run.events / run.seconds);
    sql.push(sqlRate(city, run.matches));
  }
  const found: Measurement[] = [
    {
      what: 'estimation: events through matching and estimation of 1,000 links, one core, 600 events a link and hour',
      value: median(ours),
      unit: 'events/s',
      against: {
        what: 'the same matching alone as a window join in SQLite, in memory, of all events at once',
        value: median(sql),
      },
      ratio: median(ours) / median(sql),
      aim: '50,000',
    },
  ];
  for (const [links, hours] of growth) {
    progress(`${links} links, ${hours} h`);
    const run = await runCity(links, hours, sparse);
    const of = `${run.links.toLocaleString('en-US')} links, ${hours} h, ${run.events.toLocaleString('en-US')} events`;
    found.push({
      what: `estimation of ${of}: time for a link and hour`,
      value: (run.seconds / run.links / hours) * 1000,
      unit: 'ms',
    });
    found.push({
      what: `estimation of ${of}: memory for a link`,
      value: run.heapBytes / run.links / 1024,
      unit: 'KiB',
    });
  }
  return found;
}

async function runCity(...args: readonly number[]): Promise<Run> {
  const child = fork(join(import.meta.dirname, 'estimate-city.ts'), args.map(String), {
    execArgv: ['--max-old-space-size=8192'],
  });
  const [[said]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
  return said as Run;
}

/** Events a second of a query that finds the same matches. */
function sqlRate({ links, events }: City, matches: number): number {
  const database = new Sqlite(':memory:');
  database.exec(`
    CREATE TABLE events (device TEXT, detector TEXT, time_ms INTEGER);
    CREATE TABLE links (source TEXT, destination TEXT, max_ms INTEGER, PRIMARY KEY (source, destination)) WITHOUT ROWID;`);
  const insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?)');
  const insertLink = database.prepare('INSERT INTO links VALUES (?, ?, ?)');
  database.transaction(() => {
    for (const { deviceId, detectorId, referenceTimeMs } of events)
      insertEvent.run(deviceId, detectorId, referenceTimeMs);
    for (const { fromDetectorId, toDetectorId, maxSeconds } of links)
      insertLink.run(fromDetectorId, toDetectorId, maxSeconds * 1000);
  })();
  const startMs = performance.now();
  const row = database
    .prepare<[], { n: number }>(
      `SELECT count(*) AS n FROM (
         SELECT detector, time_ms, lag(detector) OVER device_time AS before, lag(time_ms) OVER device_time AS before_ms
         FROM events WINDOW device_time AS (PARTITION BY device ORDER BY time_ms)) AS pair
       JOIN links ON source = before AND destination = detector AND time_ms - before_ms <= max_ms`,
    )
    .get();
  const seconds = (performance.now() - startMs) / 1000;
  database.close();
  if (row?.n !== matches) throw new Error(`SQL found ${row?.n} matches, and we ${matches}`);
  return events.length / seconds;
}
