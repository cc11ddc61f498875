import type {
  ComparePeriodsResponse,
  GetStatisticsResponse,
  GetUsualResponse,
} from '@tdc/shared/generated/tdc/v1/history.ts';
import { slotMinutes } from '../history/calendar.ts';
import { escaped } from '../html-text.ts';
import type { LinkEnds } from '../query/link-ends.ts';
import { comparisonSection } from './comparison-section.ts';
import { heatMap } from './heat-map.ts';
import { hourTicks, lineChart } from './line-chart.ts';
import { measures } from './measures.ts';
import { coverageText, periodText, windowText } from './period-text.ts';

export interface Report {
  readonly ends: LinkEnds;
  /** Names of the two detectors, for people; may be empty. */
  readonly names: readonly [string, string];
  readonly madeAtMs: number;
  readonly usual: GetUsualResponse;
  readonly statistics: GetStatisticsResponse;
  /** Absent where two periods are not asked for. */
  readonly comparison?: ComparePeriodsResponse | undefined;
  /** Where the style is: at an address of the server, or in the file itself. */
  readonly style: { readonly href: string } | { readonly text: string };
}

/** What history says of a link, as a page that can be printed: without scripts, and with nothing of elsewhere. */
export function reportPage(report: Report): string {
  const { ends, names, madeAtMs, usual, statistics, comparison, style } = report;
  const title = `${ends.fromDetectorId} to ${ends.toDetectorId}`;
  const named = names.some((name) => name !== '')
    ? `<p>${escaped(names.map((name) => name || '(no name)').join(' to '))}</p>`
    : '';
  const styled =
    'href' in style ? `<link rel="stylesheet" href="${escaped(style.href)}">` : `<style>${style.text}</style>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Travel times from ${escaped(title)}</title>
${styled}
</head>
<body>
<h1>Travel times from ${escaped(title)}</h1>
${named}
<p class="note">Made ${new Date(madeAtMs).toISOString()}. Times of the day are those of ${escaped(statistics.timeZone)}. ${staleNote(report)}</p>
${periodSection(statistics)}
${comparison === undefined ? '' : comparisonSection(comparison)}
${usualSection(usual)}
<section>
<h2>How it was made</h2>
<p class="note">An observation is a quarter of an hour of a day of which five minutes or more had a live travel time: one made of three matches or more of the five
minutes before. It is the mean of these minutes. All else is a gap, is shown as one, and counts for nothing. Percentiles are over observations.
Buffer index: (95th percentile - mean) / mean. Planning time index: 95th percentile / free flow. Travel time index: mean / free flow. Level of travel time reliability: 80th / 50th
percentile.</p>
</section>
</body>
</html>
`;
}

const staleNote = ({ usual, statistics }: Report): string =>
  usual.staleSinceNs === 0n && statistics.staleSinceNs === 0n
    ? ''
    : '<strong>The repository had lost its majority: what came last may be missing.</strong>';

function periodSection({ statistics, window }: GetStatisticsResponse): string {
  if (statistics === undefined) return '';
  const { slots, days } = statistics;
  const label = `Median, 80th and 95th percentile by time of day, ${periodText(statistics)}`;
  const line = (name: string, colour: string, values: readonly (number | undefined)[], dashes?: string) => ({
    ...{ name, colour, values },
    ...(dashes === undefined ? {} : { dashes }),
  });
  const fromSlot = (slots[0]?.minute ?? 0) / slotMinutes;
  const bySlot = lineChart({
    ...{ label, marks: 'lines', ticks: hourTicks(fromSlot, fromSlot + slots.length) },
    lines: [
      line(
        'median',
        '#08519c',
        slots.map(({ medianSeconds }) => medianSeconds),
      ),
      line(
        '80th percentile',
        '#e6550d',
        slots.map(({ p80Seconds }) => p80Seconds),
        '6 3',
      ),
      line(
        '95th percentile',
        '#a50f15',
        slots.map(({ p95Seconds }) => p95Seconds),
        '2 2',
      ),
    ],
  });
  const every = Math.max(1, Math.ceil(days.length / 8));
  const byDay = lineChart({
    ...{ label: `Mean of each day, ${periodText(statistics)}`, marks: 'dots' },
    ticks: days.flatMap(({ date }, index) => (index % every === 0 ? [{ index, text: date }] : [])),
    lines: [
      line(
        'mean of a day; a cross is a day without an observation',
        '#08519c',
        days.map(({ meanSeconds }) => meanSeconds),
      ),
    ],
  });
  return `<section>
<h2>${escaped(periodText(statistics))}</h2>
<p>${escaped(windowText(window))}. ${escaped(coverageText(statistics))}.</p>
${measures([statistics], [])}
<figure>${bySlot}<figcaption>By time of day. Where a line is missing, nothing was observed.</figcaption></figure>
<figure>${byDay}<figcaption>Day by day.</figcaption></figure>
</section>`;
}

function usualSection({ period, slots }: GetUsualResponse): string {
  const cells = slots.map(({ weekday, minute, medianSeconds }) => ({ weekday, minute, seconds: medianSeconds }));
  const isKnown = cells.some(({ seconds }) => seconds !== undefined);
  const label = 'What is usual by weekday and time of day';
  const map = isKnown
    ? `<figure>${heatMap(label, cells)}<figcaption>Median of four days or more, in minutes and seconds.</figcaption></figure>`
    : '<p><strong>Too little was observed to say what is usual.</strong></p>';
  return `<section>
<h2>What is usual</h2>
<p>Learned from ${escaped(period?.fromDate ?? '')} to before ${escaped(period?.toDate ?? '')}.</p>
${map}
</section>`;
}
