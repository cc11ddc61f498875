import { html, nothing, type TemplateResult } from 'lit-html';
import type { AlertList } from './alert-list.ts';
import type { Desk } from './desk.ts';

/** On the page of a detector or link: alerts of it and of what it is made of that are not closed. */
export function subjectAlerts(
  { format, state }: Desk,
  list: AlertList,
  subjects: readonly string[],
): TemplateResult | typeof nothing {
  const alerts = state.alerts.current(subjects);
  if (alerts.length === 0) return nothing;
  return html`<section aria-labelledby="alerts-heading">
    <h2 id="alerts-heading">${format.text.alerts}</h2>
    ${list.view(alerts)}
  </section>`;
}
