import type { PeriodStatistics } from '@tdc/shared/generated/tdc/v1/history.ts';
import { escaped } from '../html-text.ts';
import { clockText } from './line-chart.ts';

const row = (name: string, ...values: readonly string[]): string =>
  `<tr><th scope="row">${escaped(name)}</th>${values.map((value) => `<td>${escaped(value)}</td>`).join('')}</tr>`;

/** The measures of periods beside each other. */
export function measures(periods: readonly PeriodStatistics[], titles: readonly string[]): string {
  if (periods.every(({ reliability }) => reliability === undefined))
    return '<p><strong>Nothing was observed.</strong></p>';
  const each = (name: string, text: (of: NonNullable<PeriodStatistics['reliability']>) => string) =>
    row(name, ...periods.map(({ reliability }) => (reliability === undefined ? 'not observed' : text(reliability))));
  const head =
    titles.length === 0
      ? ''
      : `<thead><tr><td></td>${titles.map((title) => `<th scope="col">${escaped(title)}</th>`).join('')}</tr></thead>`;
  return `<table>${head}<tbody>
${each('mean', ({ meanSeconds }) => clockText(meanSeconds))}
${each('median', ({ p50Seconds }) => clockText(p50Seconds))}
${each('80th percentile', ({ p80Seconds }) => clockText(p80Seconds))}
${each('90th percentile', ({ p90Seconds }) => clockText(p90Seconds))}
${each('95th percentile (planning time)', ({ p95Seconds }) => clockText(p95Seconds))}
${each('free flow', ({ freeFlowSeconds, freeFlowGiven }) => `${clockText(freeFlowSeconds)} (${freeFlowGiven ? 'given' : 'learned'})`)}
${each('buffer index', ({ bufferIndex }) => bufferIndex.toFixed(2))}
${each('planning time index', ({ planningTimeIndex }) => planningTimeIndex.toFixed(2))}
${each('travel time index', ({ travelTimeIndex }) => travelTimeIndex.toFixed(2))}
${each('level of travel time reliability', ({ levelOfTravelTimeReliability }) => levelOfTravelTimeReliability.toFixed(2))}
</tbody></table>`;
}
