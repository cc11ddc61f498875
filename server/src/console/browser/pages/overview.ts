import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Detector } from '../api-types.ts';
import type { Desk, Page } from '../desk.ts';
import { levelText } from '../format.ts';
import { detectorRow, levelMark, linkTable } from '../marks.ts';
import { isFilter, type LinkFilter, linkFilters, matchingDetectors, matchingLinks } from '../network-list.ts';
import { NetworkMap } from '../network-map.ts';
import type { KnownLink } from '../network-state.ts';
import { levelOf, trafficLevels } from '../traffic-level.ts';

/** Rows that are drawn; what is beyond is to be searched for. */
const rowsMax = 100;
const filterKeys = { all: 'showAll', delayed: 'showDelayed', troubled: 'showTroubled' } as const;

/** The network: on a map, and in lists that say the same. */
export class OverviewPage implements Page {
  readonly #desk: Desk;
  readonly #map: NetworkMap;
  #wanted = '';
  #filter: LinkFilter = 'all';

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#map = new NetworkMap(desk);
    void this.#map.start();
  }

  title(): string {
    return this.#desk.format.text.overview;
  }

  onChange(): void {
    this.#map.update();
  }

  view(): TemplateResult {
    const { state, format } = this.#desk;
    const links = state.links();
    const found = matchingLinks(links, state, this.#wanted, this.#filter);
    const detectors = matchingDetectors(state, this.#wanted);
    return html`<div class="overview">
      ${this.#mapView(links)}
      <div class="lists">
        ${this.#searchView()}
        <section aria-labelledby="links-heading">
          <h2 id="links-heading">${format.text.links}</h2>
          <p class="count">${format.text.linksShown(format.number(found.length), format.number(links.length))}</p>
          ${links.length === 0 ? html`<p>${format.text.noLinks}</p>` : this.#linkTable(found)}
        </section>
        <section aria-labelledby="detectors-heading">
          <h2 id="detectors-heading">${format.text.detectors}</h2>
          <p class="count">
            ${format.text.detectorsShown(format.number(detectors.length), format.number(state.detectors.size))}
          </p>
          ${this.#detectorList(detectors)}
        </section>
      </div>
    </div>`;
  }

  [Symbol.dispose](): void {
    this.#map[Symbol.dispose]();
  }

  #mapView(links: readonly KnownLink[]): TemplateResult {
    const { text } = this.#desk.format;
    const { isUnavailable, attribution } = this.#map;
    return html`<section class="map" aria-label=${text.map}>
      <p class="visually-hidden">${text.mapHelp}</p>
      ${isUnavailable ? html`<p class="notice">${text.mapUnavailable}</p>` : this.#map.element}
      <div class="map-buttons" ?hidden=${isUnavailable}>
        <button type="button" title=${text.mapZoomIn} aria-label=${text.mapZoomIn} @click=${() => this.#map.zoom(1)}>+</button>
        <button type="button" title=${text.mapZoomOut} aria-label=${text.mapZoomOut} @click=${() => this.#map.zoom(-1)}>−</button>
        <button type="button" @click=${() => this.#map.fit()}>${text.mapFit}</button>
      </div>
      ${attribution === '' ? nothing : html`<p class="attribution">${attribution}</p>`}
      ${this.#legend(links)}
    </section>`;
  }

  #legend(links: readonly KnownLink[]): TemplateResult {
    const { text, number } = this.#desk.format;
    const counts = new Map<string, number>();
    for (const { estimate } of links) counts.set(levelOf(estimate), (counts.get(levelOf(estimate)) ?? 0) + 1);
    return html`<ul class="legend" aria-label=${text.legend}>
      ${trafficLevels.map(
        (level) =>
          html`<li>${levelMark(level)} ${levelText(text, level)} <b>${number(counts.get(level) ?? 0)}</b></li>`,
      )}
    </ul>`;
  }

  #searchView(): TemplateResult {
    const { text } = this.#desk.format;
    const search = ({ target }: Event) => {
      this.#wanted = target instanceof HTMLInputElement ? target.value : '';
      this.#desk.refresh();
    };
    const choose = ({ target }: Event) => {
      if (target instanceof HTMLSelectElement && isFilter(target.value)) this.#filter = target.value;
      this.#desk.refresh();
    };
    return html`<form class="search" role="search" @submit=${(event: Event) => event.preventDefault()}>
      <label>${text.search} <input type="search" name="search" maxlength="100" autocomplete="off" @input=${search} /></label>
      <label
        >${text.show}
        <select name="filter" @change=${choose}>
          ${linkFilters.map(
            (each) => html`<option value=${each} ?selected=${each === this.#filter}>${text[filterKeys[each]]}</option>`,
          )}
        </select></label
      >
    </form>`;
  }

  #linkTable(found: readonly KnownLink[]): TemplateResult {
    const { text } = this.#desk.format;
    if (found.length === 0) return html`<p>${text.nothingFound}</p>`;
    return html`${linkTable(this.#desk, found.slice(0, rowsMax))}${this.#beyond(found.length)}`;
  }

  #detectorList(found: readonly Detector[]): TemplateResult {
    const { text } = this.#desk.format;
    if (found.length === 0) return html`<p>${text.nothingFound}</p>`;
    return html`<table class="rows">
        <thead>
          <tr>
            <th scope="col">${text.detector}</th>
            <th scope="col">${text.state}</th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            found.slice(0, rowsMax),
            ({ detector_id }) => detector_id,
            (detector) => detectorRow(this.#desk, detector),
          )}
        </tbody>
      </table>
      ${this.#beyond(found.length)}`;
  }

  #beyond(count: number) {
    const { text, number } = this.#desk.format;
    return count > rowsMax ? html`<p>${text.moreHidden(number(count - rowsMax))}</p>` : nothing;
  }
}
