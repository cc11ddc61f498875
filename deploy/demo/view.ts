import { credentials } from '@grpc/grpc-js';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Estimate } from '@tdc/shared/generated/tdc/v1/estimate.ts';
import { QueryServiceClient } from '@tdc/shared/generated/tdc/v1/query.ts';
import { parseEvent } from '@tdc/shared/wire.ts';

/** What the view needs to know. */
export interface RoadView {
  readonly query: string;
  readonly http: string;
  readonly past: string;
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
}

interface DetectorTally {
  total: number;
  /** Reference times of the last minute, oldest first. */
  recentMs: number[];
  newestMs: number;
}

const redrawMs = 1000;
const plainEveryMs = 5000;
const latestMax = 8;

/** Shows what arrives until the signal ends it; rejects when the query service stops answering. */
export async function watchRoad(view: RoadView): Promise<void> {
  const client = new QueryServiceClient(view.query, credentials.createInsecure());
  const tallies = new Map<string, DetectorTally>();
  const latest: DetectionEvent[] = [];
  const travelTimes = new Map<string, Estimate>();
  const events = client.watchEvents({ filter: undefined, cursor: '' });
  const estimates = client.watchEstimates({ links: [] });
  const cancel = () => {
    events.cancel();
    estimates.cancel();
  };
  view.signal.addEventListener('abort', cancel, { once: true });
  const draw = view.output.isTTY ? drawScreen : drawLine;
  const seen = { tallies, latest, travelTimes };
  const timer = setInterval(() => draw(view, seen), view.output.isTTY ? redrawMs : plainEveryMs);
  const watchEvents = async () => {
    for await (const response of events as AsyncIterable<{ events: Parameters<typeof parseEvent>[0][] }>) {
      for (const wire of response.events) {
        const parsed = parseEvent(wire);
        if (parsed.ok) count(tallies, latest, parsed.value);
      }
    }
  };
  const watchEstimates = async () => {
    for await (const response of estimates as AsyncIterable<{ estimates: Estimate[] }>) {
      for (const each of response.estimates) travelTimes.set(`${each.fromDetectorId} > ${each.toDetectorId}`, each);
    }
  };
  try {
    await Promise.all([watchEvents(), watchEstimates()]);
  } catch (error) {
    if (!view.signal.aborted) throw error;
  } finally {
    cancel();
    clearInterval(timer);
    draw(view, seen);
    client.close();
  }
}

interface Seen {
  readonly tallies: ReadonlyMap<string, DetectorTally>;
  readonly latest: readonly DetectionEvent[];
  readonly travelTimes: ReadonlyMap<string, Estimate>;
}

function count(tallies: Map<string, DetectorTally>, latest: DetectionEvent[], event: DetectionEvent): void {
  const tally = tallies.get(event.detectorId) ?? { total: 0, recentMs: [], newestMs: 0 };
  tallies.set(event.detectorId, tally);
  tally.total += 1;
  tally.newestMs = Math.max(tally.newestMs, event.referenceTimeMs);
  if (event.referenceTimeMs > Date.now() - 60_000) tally.recentMs.push(event.referenceTimeMs);
  if (event.referenceTimeMs >= (latest[0]?.referenceTimeMs ?? 0)) latest.unshift(event);
  latest.length = Math.min(latest.length, latestMax);
}

function inLastMinute(tally: DetectorTally): number {
  const sinceMs = Date.now() - 60_000;
  tally.recentMs = tally.recentMs.filter((timeMs) => timeMs >= sinceMs);
  return tally.recentMs.length;
}

const clockTime = (timeMs: number): string => new Date(timeMs).toLocaleTimeString('en-GB');

function travelTimeTexts(travelTimes: Seen['travelTimes']): readonly string[] {
  return [...travelTimes]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([link, { travelTime }]) => {
      if (travelTime === undefined) return `${link}  none yet`;
      const { meanSeconds, delaySeconds } = travelTime;
      const time = `${Math.floor(meanSeconds / 60)}:${String(Math.floor(meanSeconds % 60)).padStart(2, '0')}`;
      return `${link}  ${time} min${delaySeconds > 30 ? `, ${Math.round(delaySeconds)} s late` : ''}`;
    });
}

function drawScreen(view: RoadView, { tallies, latest, travelTimes }: Seen): void {
  const rows = [...tallies]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([id, tally]) => {
      const lastMinute = inLastMinute(tally);
      const bar = '▇'.repeat(Math.min(40, lastMinute));
      return `  ${id.padEnd(9)}${String(tally.total).padStart(8)}${String(lastMinute).padStart(13)}   ${clockTime(tally.newestMs)}   ${bar}`;
    });
  const events = latest.map(
    (event) =>
      `  ${clockTime(event.referenceTimeMs)}  ${event.detectorId.padEnd(5)}${event.kind.padEnd(9)}${event.deviceId.padEnd(10)}` +
      `${event.rssiPeakDbm === undefined ? '' : `${event.rssiPeakDbm} dBm  `}${event.sightings} sightings`,
  );
  const screen = [
    `tdc: a simulated road. The past ${view.past} first, then live.   In a browser: http://${view.http}/`,
    '',
    `  ${'detector'.padEnd(9)}${'events'.padStart(8)}${'last minute'.padStart(13)}   newest`,
    ...rows,
    '',
    `  travel times${travelTimes.size === 0 ? ' come with the next full minute' : ''}`,
    ...travelTimeTexts(travelTimes).map((text) => `  ${text}`),
    '',
    '  latest events',
    ...events,
    '',
    ...hints(view),
  ];
  // Home, each line cleared to its end, then whatever is left below: no flicker.
  view.output.write(`\u001b[H${screen.map((line) => `${line}\u001b[K`).join('\n')}\n\u001b[J`);
}

function drawLine(view: RoadView, { tallies, travelTimes }: Seen): void {
  const total = [...tallies.values()].reduce((sum, tally) => sum + tally.total, 0);
  const perDetector = [...tallies]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([id, tally]) => `${id} ${tally.total} (+${inLastMinute(tally)}/min)`);
  view.output.write(`${clockTime(Date.now())}  ${total} events  ${perDetector.join('  ')}\n`);
  if (travelTimes.size > 0) view.output.write(`          ${travelTimeTexts(travelTimes).join('   ')}\n`);
  if (total > 0 && !hinted.has(view)) {
    hinted.add(view);
    for (const line of hints(view)) view.output.write(`${line}\n`);
  }
}

const hinted = new WeakSet<RoadView>();

function hints(view: RoadView): string[] {
  const at = view.query === '127.0.0.1:8000' ? '' : ` --query ${view.query}`;
  return [
    '  Try in another terminal:',
    `    npx tdc${at} travel-times`,
    `    npx tdc${at} routes`,
    `    npx tdc${at} route southbound`,
    `    npx tdc${at} detectors`,
    `    npx tdc${at} events --detector D3 --from -10m`,
    `    npx tdc${at} events --follow`,
    `  In a browser: http://${view.http}/ (and the HTTP API, to read about and to try: http://${view.http}/api/docs)`,
    '  Ctrl-C ends it.',
  ];
}
