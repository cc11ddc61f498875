import { unreachable } from '@tdc/shared/errors.ts';
import type { ComparePeriodsResponse, PeriodStatistics } from '@tdc/shared/generated/tdc/v1/history.ts';
import { slotMinutes } from '../history/calendar.ts';
import { escaped } from '../html-text.ts';
import { verdictName } from '../records/history-record.ts';
import { hourTicks, lineChart } from './line-chart.ts';
import { measures } from './measures.ts';
import { coverageText, periodText } from './period-text.ts';

/** What has changed from a period to another. */
export function comparisonSection(comparison: ComparePeriodsResponse): string {
  const { before, after, daysBefore, daysAfter, slotsCompared, dayCorrelation } = comparison;
  if (before === undefined || after === undefined) return '';
  const fromSlot = (before.slots[0]?.minute ?? 0) / slotMinutes;
  const medians = ({ slots }: PeriodStatistics) => slots.map(({ medianSeconds }) => medianSeconds);
  const chart = lineChart({
    ...{ label: 'Median by time of day, before and after', marks: 'lines' },
    ticks: hourTicks(fromSlot, fromSlot + before.slots.length),
    lines: [
      { name: `before: ${periodText(before)}`, colour: '#636363', dashes: '6 3', values: medians(before) },
      { name: `after: ${periodText(after)}`, colour: '#08519c', values: medians(after) },
    ],
  });
  return `<section>
<h2>Before and after</h2>
<p><strong>${escaped(comparisonText(comparison))}</strong></p>
<p class="note">Compared by day: ${daysBefore} days before, ${daysAfter} after, in ${slotsCompared} quarters of an hour that both know; those of weekends apart. The change is the
median of all differences between a day after and a day before (Hodges and Lehmann), its interval that of the rank-sum test, widened for a correlation of ${dayCorrelation.toFixed(2)}
between a day and the next. A comparison does not say why: weather, holidays and works elsewhere are in it.</p>
${measures([before, after], ['before', 'after'])}
<p class="note">Before: ${escaped(coverageText(before))}. After: ${escaped(coverageText(after))}.</p>
<figure>${chart}<figcaption>Median by time of day.</figcaption></figure>
</section>`;
}

/** What is shown, in a sentence. */
export function comparisonText({
  verdict,
  change,
  daysBefore,
  daysAfter,
}: Pick<ComparePeriodsResponse, 'verdict' | 'change' | 'daysBefore' | 'daysAfter'>): string {
  const name = verdictName(verdict);
  const interval =
    change === undefined ? '' : `${signed(change.lowerSeconds)} to ${signed(change.upperSeconds)} s, 95 % confidence`;
  const size = change === undefined ? '' : `${signed(change.seconds)} s (${signed(change.percent)} %; ${interval})`;
  switch (name) {
    case 'slower':
      return `Slower after: ${size}.`;
    case 'faster':
      return `Faster after: ${size}.`;
    case 'no_difference_shown':
      return `No difference is shown: ${size}. A smaller one may be there.`;
    case 'too_few_days':
      return `Too few days to compare: ${daysBefore} before and ${daysAfter} after count, and five of each are needed.`;
    default:
      return unreachable(name);
  }
}

const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
