import { html, nothing, type TemplateResult } from 'lit-html';
import type { AlertList } from './alert-list.ts';
import type { Desk } from './desk.ts';

/** On the page of a detector or link: its alerts that are not closed. */
export function subjectAlerts(
  { format, state }: Desk,
  list: AlertList,
  subject: string,
): TemplateResult | typeof nothing {
  const alerts = state.alerts.current(subject);
  if (alerts.length === 0) return nothing;
  return html`<section aria-labelledby="alerts-heading">
    <h2 id="alerts-heading">${format.text.alerts}</h2>
    ${list.view(alerts)}
  </section>`;
}
