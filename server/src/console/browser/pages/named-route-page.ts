import { html, type TemplateResult } from 'lit-html';
import type { NamedRoute, RouteTime } from '../api-types.ts';
import type { Desk, Page } from '../desk.ts';
import { Reread } from '../reread.ts';
import { nameOfRoute, readingView, routeTimeView } from '../route-sign.ts';

/** A route that has a name. */
export class NamedRoutePage implements Page {
  readonly #desk: Desk;
  readonly #id: string;
  readonly #read: Reread<{ readonly route: NamedRoute & RouteTime }>;

  constructor(desk: Desk, id: string) {
    this.#desk = desk;
    this.#id = id;
    this.#read = new Reread(desk, `/api/v1/routes/${encodeURIComponent(id)}`);
  }

  title(): string {
    const { reading } = this.#read;
    return reading.type === 'read' ? nameOfRoute(reading.what.route) : this.#id;
  }

  onChange(): void {
    this.#read.onChange();
  }

  view(): TemplateResult {
    const desk = this.#desk;
    return html`<div class="route-page">
      ${readingView(desk, this.#read.reading, ({ route }) => {
        const ends = route.detector_ids.map((id) => desk.state.nameOf(id));
        return html`<ol class="via">
            ${ends.map((name) => html`<li>${name}</li>`)}
          </ol>
          ${routeTimeView(desk, { name: nameOfRoute(route), detectorIds: route.detector_ids, route })}`;
      })}
    </div>`;
  }

  [Symbol.dispose](): void {
    this.#read[Symbol.dispose]();
  }
}
