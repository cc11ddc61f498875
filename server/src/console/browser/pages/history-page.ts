import { html, type TemplateResult } from 'lit-html';
import type { Desk, Page } from '../desk.ts';
import { ComparisonSection } from '../history/comparison-section.ts';
import { type HistoryQuery, parametersOf, queryIn, queryOfForm } from '../history/history-query.ts';
import { weekdays } from '../history/history-types.ts';
import { StatisticsSection } from '../history/statistics-section.ts';
import { UsualSection } from '../history/usual-section.ts';
import type { Ends } from '../link-course.ts';
import { historyAddress, linkAddress } from '../router.ts';

const hours = Array.from({ length: 25 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`);

/** What weeks and months say of a link; its address says what was chosen. */
export class HistoryPage implements Page {
  readonly #desk: Desk;
  readonly #ends: Ends;
  readonly #query: HistoryQuery;
  readonly #api: string;
  readonly #sections: readonly [UsualSection, StatisticsSection, ComparisonSection];

  constructor(desk: Desk, ends: Ends, parameters: URLSearchParams) {
    this.#desk = desk;
    this.#ends = ends;
    this.#query = queryIn(parameters);
    this.#api = `/api/v1${linkAddress(ends.from, ends.to)}`;
    this.#sections = [
      new UsualSection(desk, this.#api),
      new StatisticsSection(desk, this.#api, this.#query),
      new ComparisonSection(desk, this.#api, this.#query),
    ];
  }

  title(): string {
    const { format, state } = this.#desk;
    return format.text.historyTitle(state.nameOf(this.#ends.from), state.nameOf(this.#ends.to));
  }

  onChange(): void {
    for (const each of this.#sections) each.onChange();
  }

  view(): TemplateResult {
    const { text } = this.#desk.format;
    const [usual, statistics, comparison] = this.#sections;
    return html`<div class="history-page">
      <p><a href=${linkAddress(this.#ends.from, this.#ends.to)}>${text.backToLink}</a></p>
      ${usual.view()} ${this.#chooser()} ${statistics.view()} ${comparison.view()}
      <p><a href=${`${this.#api}/report?${parametersOf(this.#query)}`}>${text.report}</a></p>
    </div>`;
  }

  [Symbol.dispose](): void {
    for (const each of this.#sections) each[Symbol.dispose]();
  }

  #chooser(): TemplateResult {
    const { text, weekday } = this.#desk.format;
    const { period, before, weekdays: chosen, timeFrom, timeTo } = this.#query;
    const show = (event: SubmitEvent) => {
      event.preventDefault();
      if (!(event.target instanceof HTMLFormElement)) return;
      const query = queryOfForm(new FormData(event.target));
      this.#desk.navigate(`${historyAddress(this.#ends)}?${parametersOf(query)}`, 'replacing');
    };
    const day = (name: string, label: string, value: string) =>
      html`<label>${label} <input type="date" name=${name} .value=${value} /></label>`;
    return html`<form class="choices periods" @submit=${show}>
      <fieldset>
        <legend>${text.period}</legend>
        ${day('first', text.firstDay, period.first)} ${day('last', text.lastDay, period.last)}
        <small>${text.periodHelp}</small>
      </fieldset>
      <fieldset>
        <legend>${text.comparedWith}</legend>
        ${day('before_first', text.firstDay, before.first)} ${day('before_last', text.lastDay, before.last)}
      </fieldset>
      <fieldset>
        <legend>${text.weekdaysAndHours}</legend>
        ${weekdays.map(
          (each) =>
            html`<label
              ><input type="checkbox" name="weekdays" value=${each} .checked=${chosen.includes(each)} /> ${weekday(each, 'short')}</label
            >`,
        )}
        ${this.#hourChooser('time_from', text.timeFrom, timeFrom, hours.slice(0, -1))}
        ${this.#hourChooser('time_to', text.timeTo, timeTo, hours.slice(1))}
      </fieldset>
      <button type="submit">${text.showPeriod}</button>
    </form>`;
  }

  /** Full hours, and what the address has besides. */
  #hourChooser(name: string, label: string, value: string, all: readonly string[]): TemplateResult {
    const choices = ['', ...(value === '' || all.includes(value) ? all : [value, ...all])];
    return html`<label
      >${label}
      <select name=${name}>
        ${choices.map((each) => html`<option value=${each} .selected=${each === value}>${each === '' ? '–' : each}</option>`)}
      </select></label
    >`;
  }
}
