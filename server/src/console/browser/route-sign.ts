import { html, type TemplateResult } from 'lit-html';
import type { NamedRoute, RouteTime } from './api-types.ts';
import type { Desk } from './desk.ts';
import { fact, facts } from './facts.ts';
import { levelWord, linkTable } from './marks.ts';
import { linkIdOf } from './network-state.ts';
import type { Reading } from './reader.ts';
import { namedRouteAddress } from './router.ts';
import { levelOf } from './traffic-level.ts';

type SignedTime = Pick<RouteTime, 'status' | 'mean_seconds' | 'free_flow_seconds' | 'reasons'>;

/** Of the route as a whole, whose parts say themselves whether clocks are wrong. */
const routeLevelOf = (route: SignedTime) => levelOf({ ...route, clock_offset_seconds: null });

export const nameOfRoute = ({ name, route_id: id }: Pick<NamedRoute, 'name' | 'route_id'>): string =>
  name === '' ? id : name;

function signText({ format: { text, number } }: Desk, { mean_seconds: mean }: SignedTime): string {
  return mean === null ? text.routeNoValue : text.routeSign(number(Math.max(1, Math.round(mean / 60))));
}

/** How good the time on the sign is, and why it is no better. Reasons come from the server, in English. */
const qualityView = (desk: Desk, route: SignedTime): TemplateResult =>
  html`<p class="sign-quality">
    ${levelWord(desk, routeLevelOf(route))} <small lang="en">${route.reasons.join('; ')}</small>
  </p>`;

/** All routes that have a name, a sign each. */
export const signList = (desk: Desk, routes: readonly NamedRoute[]): TemplateResult =>
  html`<ul class="signs">
    ${routes.map(
      (route) =>
        html`<li data-route=${route.route_id} data-level=${routeLevelOf(route)}>
          <a class="sign" href=${namedRouteAddress(route.route_id)}
            ><span>${nameOfRoute(route)}</span> <span class="sign-time">${signText(desk, route)}</span></a
          >
          ${qualityView(desk, route)}
        </li>`,
    )}
  </ul>`;

/** One route: its sign, what is behind it, and its links as they are now. */
export function routeTimeView(
  desk: Desk,
  {
    name,
    detectorIds,
    route,
  }: { readonly name: string; readonly detectorIds: readonly string[]; readonly route: RouteTime },
): TemplateResult {
  const { format, state } = desk;
  const { text, duration } = format;
  const { mean_seconds: mean, lower_seconds: low, upper_seconds: high, age_seconds: age } = route;
  const links = detectorIds.slice(1).flatMap((to, index) => state.link(linkIdOf(detectorIds[index] ?? '', to)) ?? []);
  return html`<section aria-labelledby="sign-heading" data-level=${routeLevelOf(route)}>
    <h2 id="sign-heading">${text.routeTotal}</h2>
    <p class="sign"><span>${name}</span> <span class="sign-time">${signText(desk, route)}</span></p>
    ${qualityView(desk, route)}
    ${facts(
      fact(text.travelTime, duration(mean)),
      fact(text.delay, format.delay(route.delay_seconds)),
      fact(text.freeFlow, duration(route.free_flow_seconds)),
      fact(text.interval, low === null || high === null ? '–' : text.between(duration(low), duration(high))),
      fact(text.age, age === null ? '–' : format.age(age)),
      fact(text.asOf, format.time(Date.parse(route.arrival))),
    )}
    ${linkTable(desk, links)}
  </section>`;
}

/** What was read, or why it is not there. */
export function readingView<T>(
  { format: { text } }: Desk,
  reading: Reading<T>,
  view: (answer: T) => TemplateResult,
): TemplateResult {
  switch (reading.type) {
    case 'reading':
      return html`<p>${text.loading}</p>`;
    case 'failed':
      return html`<p class="failure">${text.loadFailed} <span lang="en">${reading.why}</span></p>`;
    case 'read':
      return view(reading.what);
  }
}
