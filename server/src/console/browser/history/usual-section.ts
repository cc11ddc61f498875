import { html, type TemplateResult } from 'lit-html';
import { askJson } from '../api.ts';
import type { Chart } from '../chart.ts';
import { tableBelow } from '../data-table.ts';
import type { Desk } from '../desk.ts';
import { Reader } from '../reader.ts';
import { usualChart } from './day-charts.ts';
import { type UsualSlot, type UsualWeek, type Weekday, weekdays } from './history-types.ts';
import { coverageText, daysText } from './period-text.ts';

/** What is usual on a day of the week, by time of day. */
export class UsualSection implements Disposable {
  readonly #desk: Desk;
  readonly #reader: Reader<UsualWeek>;
  readonly #chart: Chart<readonly UsualSlot[]>;
  #weekday: Weekday | undefined;
  /** Of the day that is chosen: the same as long as it is, as the plot is drawn anew for another. */
  #slots: readonly UsualSlot[] = [];

  constructor(desk: Desk, address: string) {
    this.#desk = desk;
    this.#chart = usualChart(desk);
    this.#reader = new Reader(desk, async (signal) => {
      const { usual } = await askJson<{ usual: UsualWeek }>(`${address}/usual`, { signal });
      this.#choose(this.#weekday ?? weekdayNow(usual.time_zone, desk.nowMs()), usual);
      return usual;
    });
    void this.#reader.read();
  }

  onChange(): void {
    if (this.#reader.reading.type === 'read') void this.#chart.draw(this.#slots);
  }

  view(): TemplateResult {
    const { text } = this.#desk.format;
    return html`<section aria-labelledby="usual-heading">
      <h2 id="usual-heading">${text.usual}</h2>
      ${this.#reader.view((usual) => this.#usualView(usual))}
    </section>`;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#chart[Symbol.dispose]();
  }

  #choose(weekday: Weekday, { slots }: UsualWeek): void {
    this.#weekday = weekday;
    this.#slots = slots.filter((each) => each.weekday === weekday);
    void this.#chart.draw(this.#slots);
    this.#desk.refresh();
  }

  #usualView(usual: UsualWeek): TemplateResult {
    const { format } = this.#desk;
    const { text, duration } = format;
    const known = this.#slots.filter(({ basis }) => basis !== 'none');
    const day = format.weekday(this.#weekday ?? 'mon');
    const basis = { weekday: text.basisWeekday, day_type: text.basisDayType, none: '' };
    const columns = [text.time, text.usualMedian, text.usualLow, text.usualHigh, text.days, { words: text.basis }];
    const rows = known.map((slot) => [
      slot.time_from,
      duration(slot.median_seconds),
      duration(slot.low_seconds),
      duration(slot.high_seconds),
      format.number(slot.days),
      basis[slot.basis],
    ]);
    return html`<p>${text.learnedFrom(daysText(format, usual), coverageText(format, usual.coverage))}</p>
      <div class="buttons days" role="group" aria-label=${text.weekday}>
        ${weekdays.map(
          (each) =>
            html`<button
              type="button"
              aria-pressed=${each === this.#weekday ? 'true' : 'false'}
              @click=${() => this.#choose(each, usual)}
            >
              ${format.weekday(each)}
            </button>`,
        )}
      </div>
      ${
        known.length === 0
          ? html`<p>${text.usualUnknown}</p>`
          : html`<div role="img" aria-label=${text.usualLabel(day)}>${this.#chart.element}</div>
              ${tableBelow(text.asTable, columns, rows)}`
      }`;
  }
}

/** In a time zone that may not be that of the browser. */
function weekdayNow(timeZone: string, nowMs: number): Weekday {
  const name = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' }).format(nowMs).toLowerCase();
  return weekdays.find((each) => each === name) ?? 'mon';
}
