import { html, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { NamedRoute, RouteTime } from '../api-types.ts';
import type { Desk, Page } from '../desk.ts';
import { Reread } from '../reread.ts';
import { readingView, routeTimeView, signList } from '../route-sign.ts';
import { routeAddress } from '../router.ts';

/** Signs that are shown. */
const signsMax = 200;

interface NamedRoutes {
  readonly routes: readonly NamedRoute[];
  readonly next_page_token: string | null;
}

/** Travel times as signs at the road have them: of the routes that have a name, or along detectors that are chosen. */
export class RoutePage implements Page {
  readonly #desk: Desk;
  readonly #detectorIds: readonly string[];
  /** While nothing is chosen. */
  readonly #named: Reread<NamedRoutes> | undefined;
  /** When enough is chosen. */
  readonly #chosen: Reread<{ readonly route: RouteTime }> | undefined;

  constructor(desk: Desk, detectorIds: readonly string[]) {
    this.#desk = desk;
    this.#detectorIds = detectorIds;
    if (detectorIds.length === 0) this.#named = new Reread(desk, `/api/v1/routes?page_size=${signsMax}`);
    const query = new URLSearchParams(detectorIds.map((id) => ['detector_ids', id]));
    if (detectorIds.length >= 2) this.#chosen = new Reread(desk, `/api/v1/route?${query}`);
  }

  title(): string {
    return this.#desk.format.text.route;
  }

  onChange(): void {
    this.#named?.onChange();
    this.#chosen?.onChange();
  }

  view(): TemplateResult {
    const { text } = this.#desk.format;
    return html`<div class="route-page">
      ${this.#namedView()}
      ${this.#named === undefined ? nothing : html`<h2>${text.routeOther}</h2>`}
      <p>${text.routeHelp}</p>
      ${this.#chooser()} ${this.#chosenView()}
    </div>`;
  }

  [Symbol.dispose](): void {
    this.#named?.[Symbol.dispose]();
    this.#chosen?.[Symbol.dispose]();
  }

  #namedView(): TemplateResult | typeof nothing {
    const desk = this.#desk;
    const { text, number } = desk.format;
    if (this.#named === undefined) return nothing;
    return readingView(desk, this.#named.reading, ({ routes, next_page_token: next }) =>
      routes.length === 0
        ? html`<p>${text.noRoutes}</p>`
        : html`${signList(desk, routes)} ${next === null ? nothing : html`<p>${text.routesShown(number(signsMax))}</p>`}`,
    );
  }

  #chosenView(): TemplateResult | typeof nothing {
    const desk = this.#desk;
    const detectorIds = this.#detectorIds;
    if (this.#chosen === undefined) return nothing;
    const name = desk.state.nameOf(detectorIds.at(-1) ?? '');
    return readingView(desk, this.#chosen.reading, ({ route }) => routeTimeView(desk, { name, detectorIds, route }));
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
}
