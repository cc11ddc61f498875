import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Detector, DetectorHealth } from './api-types.ts';
import type { Desk } from './desk.ts';
import { healthText, levelText } from './format.ts';
import type { KnownLink } from './network-state.ts';
import { detectorAddress, linkAddress } from './router.ts';
import { levelOf, type TrafficLevel } from './traffic-level.ts';

/** A stroke as on the map. Beside it stands the word. */
export const levelMark = (level: TrafficLevel): TemplateResult =>
  html`<span class="stroke stroke-${level}" aria-hidden="true"></span>`;

export const levelWord = ({ format }: Pick<Desk, 'format'>, level: TrafficLevel): TemplateResult =>
  html`<span class="word">${levelMark(level)} ${levelText(format.text, level)}</span>`;

export const healthWord = ({ format }: Pick<Desk, 'format'>, health: DetectorHealth): TemplateResult =>
  html`<span class="word"
    ><span class="dot dot-${health}" aria-hidden="true"></span> ${healthText(format.text, health)}</span
  >`;

/** Links with what it takes on them now. */
export function linkTable(desk: Desk, links: readonly KnownLink[]): TemplateResult {
  const { text } = desk.format;
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col">${text.link}</th>
        <th scope="col" class="number">${text.travelTime}</th>
        <th scope="col" class="number">${text.delay}</th>
        <th scope="col">${text.traffic}</th>
      </tr>
    </thead>
    <tbody>
      ${repeat(
        links,
        ({ id }) => id,
        (link) => linkRow(desk, link),
      )}
    </tbody>
  </table>`;
}

function linkRow(desk: Desk, { from, to, estimate }: KnownLink): TemplateResult {
  const { format, state } = desk;
  const level = levelOf(estimate);
  return html`<tr data-link="${from}:${to}" data-level=${level}>
    <th scope="row">
      <a href=${linkAddress(from, to)}>${format.text.linkFromTo(state.nameOf(from), state.nameOf(to))}</a>
    </th>
    <td class="number">${format.duration(estimate?.mean_seconds)}</td>
    <td class="number">${format.delay(estimate?.delay_seconds)}</td>
    <td>${levelWord(desk, level)}${estimate?.status === 'sparse' ? html` <small>(${format.text.statusSparse})</small>` : nothing}</td>
  </tr>`;
}

/** A row of a table of detectors. Reasons come from the server, in English. */
export function detectorRow(desk: Desk, { detector_id: id, state, reasons }: Detector): TemplateResult {
  return html`<tr data-detector=${id} data-state=${state}>
    <th scope="row"><a href=${detectorAddress(id)}>${desk.state.nameOf(id)}</a></th>
    <td>
      ${healthWord(desk, state)}
      ${state === 'ok' || reasons.length === 0 ? nothing : html`<small lang="en">${reasons.join('; ')}</small>`}
    </td>
  </tr>`;
}
