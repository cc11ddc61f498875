import { html, nothing, type TemplateResult } from 'lit-html';
import type { Estimate } from './api-types.ts';
import type { Chart } from './chart.ts';
import type { Desk } from './desk.ts';
import { statusText } from './format.ts';
import { dateOf, type Ends, type Period, readCourse, timesOf, withNewest } from './link-course.ts';
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
  #withMatches = false;
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
    const course = await readCourse(ends, timesOf(this.#period, nowMs), { withMatches: this.#withMatches, signal });
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
    const matches = ({ target }: Event) => {
      this.#withMatches = target instanceof HTMLInputElement && target.checked;
      this.#reader.readAnew();
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
      <label><input type="checkbox" name="samples" @change=${matches} /> ${text.showSamples}</label>
    </form>`;
  }

  #readView(course: Course, link: string): TemplateResult {
    const { format } = this.#desk;
    const { text } = format;
    if (course.estimates.length === 0) return html`<p>${text.noEstimates}</p>`;
    const lacksMatches = this.#withMatches && course.matches.length === 0;
    const rows = course.estimates.filter(({ time }) => (Date.parse(time) / 60_000) % tableEveryMinutes === 0);
    return html`${lacksMatches ? html`<p>${text.samplesNotKept}</p>` : nothing}
      <div role="img" aria-label=${text.chartLabel(link)}>${this.#chart.element}</div>
      <details>
        <summary>${text.asTable}</summary>
        <p>${text.timesIn(format.zone)}</p>
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">${text.time}</th>
              <th scope="col" class="number">${text.mean}</th>
              <th scope="col">${text.interval}</th>
              <th scope="col" class="number">${text.samples}</th>
              <th scope="col">${text.state}</th>
            </tr>
          </thead>
          <tbody>
            ${rows.toReversed().map((each) => this.#tableRow(each))}
          </tbody>
        </table>
      </details>`;
  }

  #tableRow(estimate: Estimate): TemplateResult {
    const { format } = this.#desk;
    const { lower_seconds: low, upper_seconds: high } = estimate;
    return html`<tr>
      <th scope="row">${format.clock(Date.parse(estimate.time))}</th>
      <td class="number">${format.duration(estimate.mean_seconds)}</td>
      <td>${low === null || high === null ? '–' : format.text.between(format.duration(low), format.duration(high))}</td>
      <td class="number">${format.number(estimate.samples)}</td>
      <td>${statusText(format, estimate)}</td>
    </tr>`;
  }
}
