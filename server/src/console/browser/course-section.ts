import { html, nothing, type TemplateResult } from 'lit-html';
import type { Estimate } from './api-types.ts';
import type { Chart } from './chart.ts';
import { dataTable } from './data-table.ts';
import type { Desk } from './desk.ts';
import { estimatorText, statusText } from './format.ts';
import { type Besides, dateOf, type Ends, type Period, readCourse, timesOf, withNewest } from './link-course.ts';
import { Reader } from './reader.ts';
import { type Course, travelTimeChart } from './travel-time-chart.ts';

/** Late events change minutes of before, which only reading them again shows. */
const readAgainEveryMs = 5 * 60_000;
const tableEveryMinutes = 15;

/** The course of a link over some hours or a day, as a plot and as a table. */
export class CourseSection implements Disposable {
  readonly #desk: Desk;
  readonly #chart: Chart<Course>;
  readonly #reader: Reader<Course>;
  #period: Period = { type: 'last-hours', hours: 24 };
  #besides: Besides = { matches: false, peers: false };
  #readAtMs = 0;

  constructor(desk: Desk, ends: Ends) {
    this.#desk = desk;
    this.#chart = travelTimeChart(desk);
    this.#reader = new Reader(desk, (signal) => this.#ask(ends, signal));
    void this.#reader.read();
  }

  /** The newest estimate, the language or the colours have changed. */
  onChange(estimate: Estimate | undefined): void {
    const { reading } = this.#reader;
    if (reading.type !== 'read') return;
    const nowMs = this.#desk.nowMs();
    if (this.#period.type === 'last-hours') {
      if (nowMs - this.#readAtMs > readAgainEveryMs) void this.#reader.read();
      else if (estimate !== undefined) this.#reader.replace(withNewest(reading.what, estimate, nowMs));
    }
    this.#draw();
  }

  /** Of a link by its name. */
  view(link: string): TemplateResult {
    const { text } = this.#desk.format;
    return html`<section aria-labelledby="course-heading">
      <h2 id="course-heading">${text.course}</h2>
      ${this.#choiceView()} ${this.#reader.view((course) => this.#readView(course, link))}
    </section>`;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#chart[Symbol.dispose]();
  }

  async #ask(ends: Ends, signal: AbortSignal): Promise<Course> {
    const nowMs = this.#desk.nowMs();
    const course = await readCourse(ends, timesOf(this.#period, nowMs), this.#besides, signal);
    this.#readAtMs = nowMs;
    void this.#chart.draw(course);
    return course;
  }

  #draw(): void {
    const { reading } = this.#reader;
    if (reading.type === 'read') void this.#chart.draw(reading.what);
  }

  #choiceView(): TemplateResult {
    const { text } = this.#desk.format;
    const period = this.#period;
    const lastHours = (hours: number) => {
      const isChosen = period.type === 'last-hours' && period.hours === hours;
      const choose = () => {
        this.#period = { type: 'last-hours', hours };
        this.#reader.readAnew();
      };
      return html`<button type="button" aria-pressed=${isChosen ? 'true' : 'false'} @click=${choose}>
        ${text.lastHours(String(hours))}
      </button>`;
    };
    const day = ({ target }: Event) => {
      if (!(target instanceof HTMLInputElement) || target.value === '') return;
      this.#period = { type: 'day', date: target.value };
      this.#reader.readAnew();
    };
    const beside = (name: keyof Besides, label: string) => {
      const choose = ({ target }: Event) => {
        this.#besides = { ...this.#besides, [name]: target instanceof HTMLInputElement && target.checked };
        this.#reader.readAnew();
      };
      return html`<label><input type="checkbox" name=${name} @change=${choose} /> ${label}</label>`;
    };
    return html`<form class="choices" @submit=${(event: Event) => event.preventDefault()}>
      <div class="buttons" role="group" aria-label=${text.period}>${[3, 24].map(lastHours)}</div>
      <label
        >${text.oneDay}
        <input
          type="date"
          name="day"
          max=${dateOf(this.#desk.nowMs())}
          .value=${period.type === 'day' ? period.date : ''}
          @change=${day}
      /></label>
      ${beside('matches', text.showSamples)} ${beside('peers', text.showPeers)}
    </form>`;
  }

  #readView(course: Course, link: string): TemplateResult {
    const { format } = this.#desk;
    const { text } = format;
    if (course.estimates.length === 0) return html`<p>${text.noEstimates}</p>`;
    const lacksMatches = this.#besides.matches && course.matches.length === 0;
    const lacksPeers = this.#besides.peers && course.peers.every(({ minutes }) => minutes.every(isEmpty));
    return html`${lacksMatches ? html`<p>${text.samplesNotKept}</p>` : nothing}
      ${lacksPeers ? html`<p>${text.peersNotKept}</p>` : nothing}
      <div role="img" aria-label=${text.chartLabel(link)}>${this.#chart.element}</div>
      <details>
        <summary>${text.asTable}</summary>
        <p>${text.timesIn(format.zone)}</p>
        <div class="wide" role="region" aria-labelledby="course-heading" tabindex="0">${this.#table(course)}</div>
      </details>`;
  }

  #table({ estimates, peers }: Course): TemplateResult {
    const { format } = this.#desk;
    const { text, duration, clock, number } = format;
    const times = peers.map(({ minutes }) => new Map(minutes.map((each) => [each.time, each.mean_seconds])));
    const columns = [
      ...[text.time, text.mean, { words: text.interval }, text.samples, { words: text.state }],
      ...peers.map(({ estimator }) => estimatorText(text, estimator)),
    ];
    const rows = estimates.filter(({ time }) => (Date.parse(time) / 60_000) % tableEveryMinutes === 0);
    const cells = rows.toReversed().map((estimate) => {
      const { time, mean_seconds: mean, lower_seconds: low, upper_seconds: high, samples } = estimate;
      const interval = low === null || high === null ? '–' : text.between(duration(low), duration(high));
      const own = [clock(Date.parse(time)), duration(mean), interval, number(samples), statusText(format, estimate)];
      return [...own, ...times.map((each) => duration(each.get(time)))];
    });
    return dataTable(columns, cells);
  }
}

const isEmpty = ({ mean_seconds }: { readonly mean_seconds: number | null }): boolean => mean_seconds === null;
