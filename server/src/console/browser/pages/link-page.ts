import { html, nothing, type TemplateResult } from 'lit-html';
import { AlertList } from '../alert-list.ts';
import type { Estimate } from '../api-types.ts';
import type { Desk, Page } from '../desk.ts';
import { fact, facts } from '../facts.ts';
import { statusText } from '../format.ts';
import { dateOf, type Period, readCourse, timesOf, withNewest } from '../link-course.ts';
import { healthWord, levelWord } from '../marks.ts';
import { type KnownLink, linkIdOf } from '../network-state.ts';
import { detectorAddress } from '../router.ts';
import { subjectAlerts } from '../subject-alerts.ts';
import { levelOf } from '../traffic-level.ts';
import { type Course, TravelTimeChart } from '../travel-time-chart.ts';

/** Late events change minutes of before, which only reading them again shows. */
const readAgainEveryMs = 5 * 60_000;
const tableEveryMinutes = 15;

type Reading =
  | { readonly type: 'reading' }
  | { readonly type: 'read'; readonly course: Course; readonly readAtMs: number }
  | { readonly type: 'failed'; readonly why: string };

/** One link: now, and its course. */
export class LinkPage implements Page {
  readonly #desk: Desk;
  readonly #ends: { readonly from: string; readonly to: string };
  readonly #chart: TravelTimeChart;
  readonly #alerts: AlertList;
  #period: Period = { type: 'last-hours', hours: 24 };
  #withMatches = false;
  #reading: Reading = { type: 'reading' };
  #going = new AbortController();

  constructor(desk: Desk, ends: { readonly from: string; readonly to: string }) {
    this.#desk = desk;
    this.#ends = ends;
    this.#chart = new TravelTimeChart(desk);
    this.#alerts = new AlertList(desk);
    void this.#read();
  }

  title(): string {
    const { format, state } = this.#desk;
    return format.text.linkFromTo(state.nameOf(this.#ends.from), state.nameOf(this.#ends.to));
  }

  onChange(): void {
    if (this.#reading.type !== 'read') return;
    const nowMs = this.#desk.nowMs();
    const estimate = this.#known()?.estimate;
    if (this.#period.type === 'last-hours') {
      if (nowMs - this.#reading.readAtMs > readAgainEveryMs) void this.#read();
      else if (estimate !== undefined) {
        this.#reading = { ...this.#reading, course: withNewest(this.#reading.course, estimate, nowMs) };
      }
    }
    if (this.#reading.type === 'read') void this.#chart.draw(this.#reading.course);
  }

  view(): TemplateResult {
    const { text } = this.#desk.format;
    const known = this.#known();
    if (known === undefined && this.#desk.state.heartbeat !== undefined) return html`<p>${text.notInNetwork}</p>`;
    return html`<div class="link-page">
      <section aria-labelledby="now-heading">
        <h2 id="now-heading">${text.now}</h2>
        ${known === undefined ? html`<p>${text.loading}</p>` : this.#nowView(known)}
      </section>
      ${subjectAlerts(this.#desk, this.#alerts, linkIdOf(this.#ends.from, this.#ends.to))}
      <section aria-labelledby="course-heading">
        <h2 id="course-heading">${text.course}</h2>
        ${this.#choiceView()} ${this.#courseView()}
      </section>
    </div>`;
  }

  [Symbol.dispose](): void {
    this.#going.abort();
    this.#chart[Symbol.dispose]();
  }

  #known(): KnownLink | undefined {
    return this.#desk.state.link(linkIdOf(this.#ends.from, this.#ends.to));
  }

  async #read(): Promise<void> {
    this.#going.abort();
    const going = new AbortController();
    this.#going = going;
    const nowMs = this.#desk.nowMs();
    try {
      const course = await readCourse(this.#ends, timesOf(this.#period, nowMs), {
        withMatches: this.#withMatches,
        signal: going.signal,
      });
      this.#reading = { type: 'read', course, readAtMs: nowMs };
      void this.#chart.draw(course);
    } catch (error) {
      if (going.signal.aborted) return;
      this.#reading = { type: 'failed', why: this.#desk.refused(error) };
    }
    this.#desk.refresh();
  }

  #readAnew(): void {
    this.#reading = { type: 'reading' };
    void this.#read();
    this.#desk.refresh();
  }

  #nowView({ link, estimate }: KnownLink): TemplateResult {
    const { format, state } = this.#desk;
    const { text } = format;
    const { from, to } = this.#ends;
    const end = (id: string) => {
      const health = state.detectors.get(id)?.state;
      return html`<a href=${detectorAddress(id)}>${state.nameOf(id)}</a> ${health === undefined ? nothing : healthWord(this.#desk, health)}`;
    };
    const length = link?.length_m;
    return html`<p class="headline" data-level=${levelOf(estimate)}>
        <span class="big">${format.duration(estimate?.mean_seconds)}</span> ${levelWord(this.#desk, levelOf(estimate))}
      </p>
      ${facts(
        fact(text.from, end(from)),
        fact(text.to, end(to)),
        ...(estimate === undefined ? [] : this.#estimateFacts(estimate)),
        length === null || length === undefined ? nothing : fact(text.length, `${format.number(length)} m`),
      )}`;
  }

  #estimateFacts(estimate: Estimate): readonly (TemplateResult | typeof nothing)[] {
    const { format } = this.#desk;
    const { text, duration } = format;
    const ageMs = this.#desk.nowMs() - Date.parse(estimate.time);
    const age = estimate.age_seconds === null ? undefined : estimate.age_seconds + ageMs / 1000;
    const between = (low: number | null, high: number | null) =>
      low === null || high === null ? duration(null) : text.between(duration(low), duration(high));
    return [
      fact(text.state, statusText(format, estimate)),
      fact(text.delay, format.delay(estimate.delay_seconds)),
      fact(text.freeFlow, duration(estimate.free_flow_seconds)),
      fact(text.departure, duration(estimate.departure_seconds)),
      fact(
        text.interval,
        html`${between(estimate.lower_seconds, estimate.upper_seconds)} <small>(${text.intervalHelp})</small>`,
      ),
      fact(text.mostDrivers, between(estimate.fast_seconds, estimate.slow_seconds)),
      fact(text.samples, format.number(estimate.samples)),
      fact(text.age, age === undefined ? text.none : format.age(age)),
      fact(text.asOf, format.time(Date.parse(estimate.time))),
    ];
  }

  #choiceView(): TemplateResult {
    const { text } = this.#desk.format;
    const period = this.#period;
    const lastHours = (hours: number) => {
      const isChosen = period.type === 'last-hours' && period.hours === hours;
      const choose = () => {
        this.#period = { type: 'last-hours', hours };
        this.#readAnew();
      };
      return html`<button type="button" aria-pressed=${isChosen ? 'true' : 'false'} @click=${choose}>
        ${text.lastHours(String(hours))}
      </button>`;
    };
    const day = ({ target }: Event) => {
      if (!(target instanceof HTMLInputElement) || target.value === '') return;
      this.#period = { type: 'day', date: target.value };
      this.#readAnew();
    };
    const matches = ({ target }: Event) => {
      this.#withMatches = target instanceof HTMLInputElement && target.checked;
      this.#readAnew();
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

  #courseView(): TemplateResult {
    const { text } = this.#desk.format;
    const reading = this.#reading;
    switch (reading.type) {
      case 'reading':
        return html`<p>${text.loading}</p>`;
      case 'failed':
        return html`<p class="failure">${text.loadFailed} <span lang="en">${reading.why}</span></p>
          <p><button type="button" @click=${() => this.#readAnew()}>${text.tryAgain}</button></p>`;
      case 'read':
        return this.#readView(reading.course);
    }
  }

  #readView(course: Course): TemplateResult {
    const { format } = this.#desk;
    const { text } = format;
    if (course.estimates.length === 0) return html`<p>${text.noEstimates}</p>`;
    const lacksMatches = this.#withMatches && course.matches.length === 0;
    const rows = course.estimates.filter(({ time }) => (Date.parse(time) / 60_000) % tableEveryMinutes === 0);
    return html`${lacksMatches ? html`<p>${text.samplesNotKept}</p>` : nothing}
      <div role="img" aria-label=${text.chartLabel(this.title())}>${this.#chart.element}</div>
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
