import { html, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { askJson } from '../api.ts';
import type { RouteTime } from '../api-types.ts';
import type { Desk, Page } from '../desk.ts';
import { fact, facts } from '../facts.ts';
import { linkTable } from '../marks.ts';
import { linkIdOf } from '../network-state.ts';
import { routeAddress } from '../router.ts';

const readEveryMs = 20_000;

type Reading =
  | { readonly type: 'nothing' }
  | { readonly type: 'reading' }
  | { readonly type: 'read'; readonly route: RouteTime }
  | { readonly type: 'failed'; readonly why: string };

/** The travel time along detectors in sequence, as a sign at the road has it. */
export class RoutePage implements Page {
  readonly #desk: Desk;
  readonly #detectorIds: readonly string[];
  readonly #going = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  #reading: Reading;

  constructor(desk: Desk, detectorIds: readonly string[]) {
    this.#desk = desk;
    this.#detectorIds = detectorIds;
    this.#reading = { type: detectorIds.length < 2 ? 'nothing' : 'reading' };
    this.#timer = setInterval(() => void this.#read(), readEveryMs);
    void this.#read();
  }

  title(): string {
    return this.#desk.format.text.route;
  }

  view(): TemplateResult {
    const { text } = this.#desk.format;
    return html`<div class="route-page">
      <p>${text.routeHelp}</p>
      ${this.#chooser()} ${this.#signView()}
    </div>`;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#going.abort();
  }

  async #read(): Promise<void> {
    if (this.#detectorIds.length < 2) return;
    const { signal } = this.#going;
    const query = new URLSearchParams(this.#detectorIds.map((id) => ['detector_ids', id]));
    try {
      const { route } = await askJson<{ route: RouteTime }>(`/api/v1/route?${query}`, { signal });
      this.#reading = { type: 'read', route };
    } catch (error) {
      if (signal.aborted) return;
      this.#reading = { type: 'failed', why: this.#desk.refused(error) };
    }
    this.#desk.refresh();
  }

  /** Where the last detector leads to; everything where there is none yet. */
  #nextIds(): readonly string[] {
    const { state } = this.#desk;
    const last = this.#detectorIds.at(-1);
    const links = state.links().filter(({ from }) => last === undefined || from === last);
    const ids = new Set(links.map(({ from, to }) => (last === undefined ? from : to)));
    return [...ids].sort((a, b) => state.nameOf(a).localeCompare(state.nameOf(b), undefined, { numeric: true }));
  }

  #chooser(): TemplateResult {
    const { format, state } = this.#desk;
    const { text } = format;
    const next = this.#nextIds();
    const go = (ids: readonly string[]) => this.#desk.navigate(routeAddress(ids), 'replacing');
    const choose = ({ target }: Event) => {
      if (target instanceof HTMLSelectElement && target.value !== '') go([...this.#detectorIds, target.value]);
    };
    return html`<form class="choices" @submit=${(event: Event) => event.preventDefault()}>
      ${
        this.#detectorIds.length === 0
          ? nothing
          : html`<ol class="via">
              ${this.#detectorIds.map((id) => html`<li>${state.nameOf(id)}</li>`)}
            </ol>`
      }
      <label
        >${this.#detectorIds.length === 0 ? text.routeStart : text.routeNext}
        <select name="next" ?disabled=${next.length === 0} .value=${live('')} @change=${choose}>
          <option value="">${text.routeChoose}</option>
          ${next.map((id) => html`<option value=${id}>${state.nameOf(id)}</option>`)}
        </select></label
      >
      <button type="button" ?disabled=${this.#detectorIds.length === 0} @click=${() => go(this.#detectorIds.slice(0, -1))}>
        ${text.routeUndo}
      </button>
      <button type="button" ?disabled=${this.#detectorIds.length === 0} @click=${() => go([])}>${text.routeClear}</button>
    </form>`;
  }

  #signView(): TemplateResult | typeof nothing {
    const { text } = this.#desk.format;
    const reading = this.#reading;
    switch (reading.type) {
      case 'nothing':
        return nothing;
      case 'reading':
        return html`<p>${text.loading}</p>`;
      case 'failed':
        return html`<p class="failure">${text.loadFailed} <span lang="en">${reading.why}</span></p>`;
      case 'read':
        return this.#timeView(reading.route);
    }
  }

  #timeView(route: RouteTime): TemplateResult {
    const { format, state } = this.#desk;
    const { text, duration, number } = format;
    const { mean_seconds: mean, lower_seconds: low, upper_seconds: high } = route;
    const destination = state.nameOf(this.#detectorIds.at(-1) ?? '');
    const minutes = mean === null ? text.routeNoValue : text.routeSign(number(Math.max(1, Math.round(mean / 60))));
    const links = this.#detectorIds.slice(1).flatMap((to, index) => {
      const from = this.#detectorIds[index] ?? '';
      return state.link(linkIdOf(from, to)) ?? [];
    });
    return html`<section aria-labelledby="sign-heading">
      <h2 id="sign-heading">${text.routeTotal}</h2>
      <p class="sign"><span>${destination}</span> <span class="sign-time">${minutes}</span></p>
      ${facts(
        fact(text.travelTime, duration(mean)),
        fact(text.delay, format.delay(route.delay_seconds)),
        fact(text.freeFlow, duration(route.free_flow_seconds)),
        fact(text.interval, low === null || high === null ? '–' : text.between(duration(low), duration(high))),
        fact(text.asOf, format.time(Date.parse(route.arrival))),
      )}
      ${linkTable(this.#desk, links)}
    </section>`;
  }
}
