import { html, type TemplateResult } from 'lit-html';
import { askJson } from '../api.ts';
import type { Chart } from '../chart.ts';
import { dataTable, tableBelow } from '../data-table.ts';
import type { Desk } from '../desk.ts';
import { Reader } from '../reader.ts';
import { comparisonChart } from './day-charts.ts';
import { type HistoryQuery, isComparing, parametersOf } from './history-query.ts';
import type { Comparison, PeriodStatistics } from './history-types.ts';
import { measuresOf } from './measures.ts';
import { coverageText, daysText } from './period-text.ts';

const verdictKeys = {
  slower: 'verdictSlower',
  faster: 'verdictFaster',
  no_difference_shown: 'verdictNone',
  too_few_days: 'verdictTooFew',
} as const;

/** By how much a link is slower or faster than in a period before, if one was chosen. */
export class ComparisonSection implements Disposable {
  readonly #desk: Desk;
  readonly #reader: Reader<Comparison> | undefined;
  readonly #chart: Chart<Comparison>;

  constructor(desk: Desk, address: string, query: HistoryQuery) {
    this.#desk = desk;
    this.#chart = comparisonChart(desk);
    if (!isComparing(query)) return;
    this.#reader = new Reader(desk, async (signal) => {
      const asked = `${address}/comparison?${parametersOf(query)}`;
      const { comparison } = await askJson<{ comparison: Comparison }>(asked, { signal });
      void this.#chart.draw(comparison);
      return comparison;
    });
    void this.#reader.read();
  }

  onChange(): void {
    const reading = this.#reader?.reading;
    if (reading?.type === 'read') void this.#chart.draw(reading.what);
  }

  view(): TemplateResult {
    const { text } = this.#desk.format;
    return html`<section aria-labelledby="comparison-heading">
      <h2 id="comparison-heading">${text.comparison}</h2>
      ${this.#reader === undefined ? html`<p>${text.comparisonHelp}</p>` : this.#reader.view((each) => this.#comparisonView(each))}
    </section>`;
  }

  [Symbol.dispose](): void {
    this.#reader?.[Symbol.dispose]();
    this.#chart[Symbol.dispose]();
  }

  #comparisonView(comparison: Comparison): TemplateResult {
    const { format } = this.#desk;
    const { text } = format;
    const { before, after, change, verdict } = comparison;
    const slots = after.slots.flatMap(({ time_from, median_seconds: now }, index) => {
      const then = before.slots[index]?.median_seconds ?? null;
      return now === null && then === null ? [] : [[time_from, format.duration(then), format.duration(now)]];
    });
    return html`<p class="headline" data-verdict=${verdict}>
        <strong>${text[verdictKeys[verdict]]}</strong>
        ${change === null ? text.daysThatCount(format.number(comparison.days_before), format.number(comparison.days_after)) : this.#changeText(change)}
      </p>
      ${this.#measuresTable(before, after)}
      <h3>${text.byTimeOfDay}</h3>
      <div role="img" aria-label=${text.comparisonLabel}>${this.#chart.element}</div>
      ${tableBelow(text.asTable, [text.time, text.before, text.after], slots)}`;
  }

  #changeText(change: NonNullable<Comparison['change']>): string {
    const { text, seconds, percent } = this.#desk.format;
    const { lower_seconds: low, upper_seconds: high } = change;
    return text.change(seconds(change.seconds), seconds(low), seconds(high), percent(change.percent / 100));
  }

  #measuresTable(before: PeriodStatistics, after: PeriodStatistics): TemplateResult {
    const { format } = this.#desk;
    const { text } = format;
    const [then, now] = [before, after].map(({ reliability }) =>
      reliability === null ? [] : measuresOf(format, reliability),
    );
    const names = (now?.length === 0 ? then : now) ?? [];
    const measures = names.map(({ name }, index) => [name, then?.[index]?.value ?? '–', now?.[index]?.value ?? '–']);
    const periods = [text.period, daysText(format, before), daysText(format, after)];
    const coverages = [text.observed, coverageText(format, before.coverage), coverageText(format, after.coverage)];
    return html`<div class="wide" role="region" aria-labelledby="comparison-heading" tabindex="0">
      ${dataTable(['', { words: text.before }, { words: text.after }], [periods, coverages, ...measures])}
    </div>`;
  }
}
