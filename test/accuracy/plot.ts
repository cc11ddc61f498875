/**
 * Draws a link of simulated traffic with known truth: what drivers took, the matches, our estimates with their interval, and two published
 * estimators. It needs what compare.ts needs.
 *
 *     node test/accuracy/plot.ts --scorer accuracy.py --scenario scenarios/freeway --link D3:D4 --out docs/images/freeway.svg
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parseEventLine } from '@tdc/server/estimation/estimation-event.ts';
import { NetworkEstimator } from '@tdc/server/estimation/network-estimator.ts';
import { readNetworkFile } from '@tdc/shared/network-file.ts';
import { parse } from 'csv-parse/sync';
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    scorer: { type: 'string' },
    scenario: { type: 'string' },
    link: { type: 'string' },
    out: { type: 'string' },
    penetration: { type: 'string', default: '0.05' },
  },
});
const { scorer, scenario, link, out } = values;
if (scorer === undefined || scenario === undefined || link === undefined || out === undefined) {
  console.error('plot: expected --scorer FILE, --scenario FOLDER, --link FROM:TO and --out FILE');
  process.exit(2);
}
const [from = '', to = ''] = link.split(':');

interface Point {
  readonly minute: number;
  readonly seconds: number;
  readonly lower: number;
  readonly upper: number;
}

async function write(args: readonly string[], file: string): Promise<void> {
  const child = execFile('python3', args, { maxBuffer: 2 ** 30 });
  const stream = createWriteStream(file);
  child.stdout?.pipe(stream);
  await once(stream, 'close');
}

type Row = Readonly<Record<string, string>>;
const rowsOf = (text: string): readonly Row[] => parse(text, { columns: true });

/** The mean of direct drivers who arrived in the five minutes before each minute, and each of them. */
async function truthOf(folder: string): Promise<readonly Point[]> {
  const text = gunzipSync(await readFile(join(folder, 'traversals.csv.gz'))).toString();
  const drivers = rowsOf(text)
    .filter((row) => row.from === from && row.to === to && row.direct === '1')
    .map((row) => ({ atS: Number(row.t_to_s), seconds: Number(row.tt_s) }));
  const last = Math.floor(Math.max(...drivers.map(({ atS }) => atS)) / 60);
  return Array.from({ length: last }, (_, minute) => {
    const arrived = drivers.filter(({ atS }) => atS > (minute - 5) * 60 && atS <= minute * 60);
    const seconds = arrived.reduce((sum, driver) => sum + driver.seconds, 0) / arrived.length;
    return { minute, seconds, lower: seconds, upper: seconds };
  }).filter(({ seconds }) => !Number.isNaN(seconds));
}

async function estimatesOf(
  events: string,
  network: string,
  folder: string,
  estimator: string,
): Promise<readonly Point[]> {
  const file = join(folder, 'estimates.csv');
  const args = ['estimate', events, '--network', network, '--out', file, '--estimator', estimator];
  await run(process.execPath, [join(root, 'server/bin/tdc-server.js'), ...args]);
  return rowsOf(await readFile(file, 'utf8'))
    .filter((row) => row.from === from && row.to === to && row.travel_time_s !== '')
    .map((row) => ({
      minute: Number(row.at_s) / 60,
      seconds: Number(row.travel_time_s),
      lower: Number(row.lower_s),
      upper: Number(row.upper_s),
    }));
}

async function matchesOf(events: string, network: string): Promise<readonly Point[]> {
  const { links } = readNetworkFile(network);
  const estimator = new NetworkEstimator({ links, estimator: 'grid-filter', rotating: true, fromMs: -60_000 });
  const lines = (await readFile(events, 'utf8')).trim().split('\n');
  return lines
    .flatMap((text) => estimator.add(parseEventLine(text, events)))
    .filter(
      ({ what, link: { fromDetectorId, toDetectorId } }) =>
        what === 'added' && fromDetectorId === from && toDetectorId === to,
    )
    .map(({ match: { arrivedMs, travelTimeS } }) => ({
      minute: arrivedMs / 60_000,
      seconds: travelTimeS,
      lower: 0,
      upper: 0,
    }));
}

const size = { width: 900, height: 380, left: 52, right: 12, top: 34, bottom: 36 };

function drawing(
  series: Readonly<Record<'truth' | 'matches' | 'ours' | 'transguide' | 'dionRakha', readonly Point[]>>,
): string {
  const { truth, matches, ours, transguide, dionRakha } = series;
  const lastMinute = Math.max(...truth.map(({ minute }) => minute));
  const most = 1.35 * Math.max(...truth.map(({ seconds }) => seconds));
  const x = scaleLinear()
    .domain([0, lastMinute])
    .rangeRound([size.left, size.width - size.right]);
  const y = scaleLinear()
    .domain([0, most])
    .rangeRound([size.height - size.bottom, size.top])
    .clamp(true);
  const path = line<Point>(
    (point) => x(point.minute),
    (point) => y(point.seconds),
  );
  const band = area<Point>(
    (point) => x(point.minute),
    (point) => y(point.lower),
    (point) => y(point.upper),
  );
  const shown = (points: readonly Point[]) => [...points].filter(({ minute }) => minute <= lastMinute);
  const curve = (points: readonly Point[], colour: string, width: number, dash = '') =>
    `<path d="${path(shown(points)) ?? ''}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>`;
  const axis = [
    ...y
      .ticks(6)
      .map(
        (value) =>
          `<path d="M${size.left} ${y(value)}H${size.width - size.right}" stroke="#ddd"/><text x="${size.left - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
      ),
    ...x.ticks(10).map((value) => `<text x="${x(value)}" y="${size.height - 16}" text-anchor="middle">${value}</text>`),
    `<text x="${size.width / 2}" y="${size.height - 2}" text-anchor="middle">minutes</text><text x="4" y="14">seconds</text>`,
  ];
  const legend = [
    [80, 'truth: mean of direct drivers, 5 min', '#111'],
    [300, 'ours, with 90 % interval', '#0a6'],
    [460, 'TransGuide', '#c60'],
    [550, 'Dion-Rakha', '#85c'],
    [640, 'matches', '#999'],
  ].map(([at, text, colour]) => `<text x="${at}" y="14" fill="${colour}">${text}</text>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="11">`,
    `<title>Travel times of ${link} in the scenario ${basename(scenario ?? '')}: truth, matches and estimates</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...axis,
    '<g fill="#999" fill-opacity="0.5">',
    ...shown(matches).map(
      ({ minute, seconds }) => `<circle cx="${x(minute).toFixed(1)}" cy="${y(seconds).toFixed(1)}" r="1.6"/>`,
    ),
    '</g>',
    `<path d="${band(shown(ours)) ?? ''}" fill="#0a6" fill-opacity="0.18"/>`,
    curve(transguide, '#c60', 1.2, '5 3'),
    curve(dionRakha, '#85c', 1.2, '2 2'),
    curve(ours, '#0a6', 2),
    curve(truth, '#111', 1.6),
    ...legend,
    '</svg>\n',
  ].join('\n');
}

const folder = await mkdtemp(join(tmpdir(), 'tdc-plot-'));
try {
  const [network, sightings, events] = ['network.json', 'sightings.csv', 'events.ndjson'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await write([scorer, 'network', scenario], network);
  await write([scorer, 'sightings', scenario, '--penetration', values.penetration], sightings);
  await run(process.execPath, [
    join(root, 'agent/bin/tdc-agent.js'),
    'replay',
    sightings,
    '--network',
    network,
    '--out',
    events,
  ]);
  const series = {
    truth: await truthOf(scenario),
    matches: await matchesOf(events, network),
    ours: await estimatesOf(events, network, folder, 'grid-filter'),
    transguide: await estimatesOf(events, network, folder, 'transguide'),
    dionRakha: await estimatesOf(events, network, folder, 'dion-rakha'),
  };
  await writeFile(out, drawing(series));
  console.log(`${basename(scenario)} ${link}: ${series.matches.length} matches drawn into ${out}`);
} finally {
  await rm(folder, { recursive: true });
}
