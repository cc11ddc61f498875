import { html, nothing, type TemplateResult } from 'lit-html';
import { AlertList } from '../alert-list.ts';
import type { Estimate } from '../api-types.ts';
import { CourseSection } from '../course-section.ts';
import type { Desk, Page } from '../desk.ts';
import { fact, facts } from '../facts.ts';
import { statusText } from '../format.ts';
import type { Ends } from '../link-course.ts';
import { healthWord, levelWord } from '../marks.ts';
import { type KnownLink, linkIdOf } from '../network-state.ts';
import { detectorAddress, historyAddress } from '../router.ts';
import { subjectAlerts } from '../subject-alerts.ts';
import { levelOf } from '../traffic-level.ts';

/** One link: now, and its course. */
export class LinkPage implements Page {
  readonly #desk: Desk;
  readonly #ends: Ends;
  readonly #course: CourseSection;
  readonly #alerts: AlertList;

  constructor(desk: Desk, ends: Ends) {
    this.#desk = desk;
    this.#ends = ends;
    this.#course = new CourseSection(desk, ends);
    this.#alerts = new AlertList(desk);
  }

  title(): string {
    const { format, state } = this.#desk;
    return format.text.linkFromTo(state.nameOf(this.#ends.from), state.nameOf(this.#ends.to));
  }

  onChange(): void {
    this.#course.onChange(this.#known()?.estimate);
  }

  view(): TemplateResult {
    const { text } = this.#desk.format;
    const { from, to } = this.#ends;
    const known = this.#known();
    if (known === undefined && this.#desk.state.heartbeat !== undefined) return html`<p>${text.notInNetwork}</p>`;
    return html`<div class="link-page">
      <section aria-labelledby="now-heading">
        <h2 id="now-heading">${text.now}</h2>
        ${known === undefined ? html`<p>${text.loading}</p>` : this.#nowView(known)}
      </section>
      ${subjectAlerts(this.#desk, this.#alerts, [linkIdOf(from, to), from, to])}
      ${this.#course.view(this.title())}
      <p><a href=${historyAddress(this.#ends)}>${text.historyOf}</a></p>
    </div>`;
  }

  [Symbol.dispose](): void {
    this.#course[Symbol.dispose]();
  }

  #known(): KnownLink | undefined {
    return this.#desk.state.link(linkIdOf(this.#ends.from, this.#ends.to));
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
}
