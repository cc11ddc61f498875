import { html, type TemplateResult } from 'lit-html';
import { askJson } from '../api.ts';
import type { Chart } from '../chart.ts';
import { tableBelow } from '../data-table.ts';
import type { Desk } from '../desk.ts';
import { fact, facts } from '../facts.ts';
import { Reader } from '../reader.ts';
import { daysChart, timesOfDayChart } from './day-charts.ts';
import { type HistoryQuery, periodParametersOf } from './history-query.ts';
import type { LinkStatistics, PeriodStatistics } from './history-types.ts';
import { measuresOf } from './measures.ts';
import { coverageText, daysText } from './period-text.ts';

/** How reliable a link was in a period. */
export class StatisticsSection implements Disposable {
  readonly #desk: Desk;
  readonly #reader: Reader<LinkStatistics>;
  readonly #timesOfDay: Chart<PeriodStatistics>;
  readonly #days: Chart<PeriodStatistics>;

  constructor(desk: Desk, address: string, query: HistoryQuery) {
    this.#desk = desk;
    this.#timesOfDay = timesOfDayChart(desk);
    this.#days = daysChart(desk);
    this.#reader = new Reader(desk, async (signal) => {
      const asked = `${address}/statistics?${periodParametersOf(query)}`;
      const { statistics } = await askJson<{ statistics: LinkStatistics }>(asked, { signal });
      this.#draw(statistics);
      return statistics;
    });
    void this.#reader.read();
  }

  onChange(): void {
    const { reading } = this.#reader;
    if (reading.type === 'read') this.#draw(reading.what);
  }

  view(): TemplateResult {
    return html`<section aria-labelledby="reliability-heading">
      <h2 id="reliability-heading">${this.#desk.format.text.reliability}</h2>
      ${this.#reader.view((statistics) => this.#statisticsView(statistics))}
    </section>`;
  }

  [Symbol.dispose](): void {
    for (const each of [this.#reader, this.#timesOfDay, this.#days]) each[Symbol.dispose]();
  }

  #draw(statistics: LinkStatistics): void {
    void this.#timesOfDay.draw(statistics);
    void this.#days.draw(statistics);
  }

  #statisticsView(statistics: LinkStatistics): TemplateResult {
    const { format } = this.#desk;
    const { text } = format;
    const { reliability, coverage, time_zone: zone } = statistics;
    const about = `${daysText(format, statistics)}; ${coverageText(format, coverage)}. ${text.networkTimes(zone)}`;
    if (reliability === null) return html`<p>${about}</p><p>${text.notObserved}</p>`;
    return html`<p>${about}</p>
      ${facts(...measuresOf(format, reliability).map(({ name, value }) => fact(name, value)))}
      <h3>${text.byTimeOfDay}</h3>
      <div role="img" aria-label=${text.byTimeOfDayLabel}>${this.#timesOfDay.element}</div>
      ${this.#timesTable(statistics)}
      <h3>${text.byDay}</h3>
      <div role="img" aria-label=${text.byDayLabel}>${this.#days.element}</div>
      ${this.#daysTable(statistics)}`;
  }

  #timesTable({ slots }: LinkStatistics): TemplateResult {
    const { text, duration, number } = this.#desk.format;
    const columns = [text.time, text.median, text.percentile('80'), text.percentile('95'), text.days];
    const rows = slots
      .filter(({ days }) => days > 0)
      .map((each) => [
        each.time_from,
        duration(each.median_seconds),
        duration(each.p80_seconds),
        duration(each.p95_seconds),
        number(each.days),
      ]);
    return tableBelow(text.asTable, columns, rows);
  }

  #daysTable({ days }: LinkStatistics): TemplateResult {
    const { text, duration, number, date, weekday } = this.#desk.format;
    const rows = days.map((each) => [
      `${weekday(each.weekday)}, ${date(each.date)}`,
      duration(each.mean_seconds),
      number(each.slots_observed),
    ]);
    return tableBelow(text.asTable, [text.day, text.mean, text.quartersObserved], rows);
  }
}
