import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { type Attempt, acknowledge, noteLengthMax } from './acknowledgement.ts';
import type { Alert } from './api-types.ts';
import type { Desk } from './desk.ts';
import { fact, facts } from './facts.ts';
import { alertStateText, causeText } from './format.ts';
import { healthWord, levelWord } from './marks.ts';
import { detectorAddress, linkAddress } from './router.ts';
import { levelOf } from './traffic-level.ts';

/** Alerts, and what somebody who may does about them. */
export class AlertList {
  readonly #desk: Desk;
  readonly #attempts = new Map<string, Attempt>();
  /** What the server has answered, until the live stream says it as well. */
  readonly #answered = new Map<string, Alert>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  view(alerts: readonly Alert[]): TemplateResult {
    return html`<ul class="alerts">
      ${repeat(
        alerts,
        ({ id }) => id,
        (alert) => this.#alertView(this.#newer(alert)),
      )}
    </ul>`;
  }

  #newer(alert: Alert): Alert {
    if (alert.state === 'open') return this.#answered.get(alert.id) ?? alert;
    this.#answered.delete(alert.id);
    this.#attempts.delete(alert.id);
    return alert;
  }

  #alertView(alert: Alert): TemplateResult {
    const { text } = this.#desk.format;
    const { id, state, cause, detail } = alert;
    return html`<li data-alert=${id} data-state=${state}>
      <h3 tabindex="-1">${causeText(text, cause)}: <a href=${addressOf(alert)}>${this.#placeOf(alert)}</a></h3>
      ${facts(
        fact(text.state, alertStateText(text, state)),
        fact(text.since, this.#moment(alert.opened_at)),
        fact(text.found, html`<span lang="en">${detail}</span>`),
        state === 'closed' ? nothing : this.#presentFact(alert),
        this.#acknowledgedFact(alert),
        this.#closedFact(alert),
      )}
      ${state === 'open' ? this.#answerView(alert) : nothing}
    </li>`;
  }

  #placeOf({ subject }: Alert): string {
    const { format, state } = this.#desk;
    const { from, to } = endsOf(subject);
    return to === undefined ? state.nameOf(from) : format.text.linkFromTo(state.nameOf(from), state.nameOf(to));
  }

  /** How what it is about is now. */
  #presentFact({ subject }: Alert): TemplateResult | typeof nothing {
    const { format, state } = this.#desk;
    const detector = state.detectors.get(subject);
    if (detector !== undefined) return fact(format.text.now, healthWord(this.#desk, detector.state));
    const estimate = state.link(subject)?.estimate;
    if (estimate === undefined) return nothing;
    const times = `${format.duration(estimate.mean_seconds)} (${format.delay(estimate.delay_seconds)})`;
    return fact(format.text.now, html`${times} ${levelWord(this.#desk, levelOf(estimate))}`);
  }

  #acknowledgedFact({ acknowledged_by: by, acknowledged_at: at, note }: Alert): TemplateResult | typeof nothing {
    if (by === null || at === null) return nothing;
    const said = note === null ? nothing : html`<br /><q>${note}</q>`;
    return fact(this.#desk.format.text.acknowledgedBy(by), html`${this.#moment(at)}${said}`);
  }

  #closedFact({ closed_at: at, closed_detail: detail }: Alert): TemplateResult | typeof nothing {
    if (at === null) return nothing;
    const said = detail === null ? nothing : html`<br /><span lang="en">${detail}</span>`;
    return fact(this.#desk.format.text.closed, html`${this.#moment(at)}${said}`);
  }

  #answerView(alert: Alert): TemplateResult {
    const { format, mayAcknowledge } = this.#desk;
    const { text } = format;
    if (!mayAcknowledge) return html`<p><small>${text.mayNotAcknowledge}</small></p>`;
    const outcome = this.#attempts.get(alert.id)?.outcome;
    const isSending = outcome?.type === 'sending';
    const which = html`<span class="visually-hidden">: ${causeText(text, alert.cause)}, ${this.#placeOf(alert)}</span>`;
    return html`<details>
      <summary>${text.acknowledge}${which}</summary>
      <form class="acknowledgement" @submit=${(event: SubmitEvent) => void this.#send(alert, event)}>
        <label
          >${text.note} <textarea name="note" rows="2" maxlength=${noteLengthMax} ?readonly=${isSending}></textarea>
        </label>
        ${
          outcome?.type === 'failed'
            ? html`<p class="failure" role="alert">${text.notAcknowledged} <span lang="en">${outcome.why}</span></p>`
            : nothing
        }
        <button type="submit" aria-disabled=${isSending ? 'true' : 'false'}>${text.acknowledge}</button>
      </form>
    </details>`;
  }

  async #send({ id }: Alert, event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { target: form } = event;
    const before = this.#attempts.get(id);
    if (!(form instanceof HTMLFormElement) || before?.outcome.type === 'sending') return;
    const note = new FormData(form).get('note');
    const requestId = before?.requestId ?? crypto.randomUUID();
    this.#attempts.set(id, { requestId, outcome: { type: 'sending' } });
    this.#desk.refresh();
    try {
      const answered = await acknowledge(id, requestId, typeof note === 'string' ? note.trim() : '');
      this.#answered.set(id, answered);
      // The form is gone with the next drawing: whoever was in it stays at the alert.
      if (form.contains(document.activeElement)) form.closest('li')?.querySelector('h3')?.focus();
    } catch (error) {
      this.#attempts.set(id, { requestId, outcome: { type: 'failed', why: this.#desk.refused(error) } });
    }
    this.#desk.refresh();
  }

  #moment(time: string): string {
    const { format } = this.#desk;
    const timeMs = Date.parse(time);
    return `${format.dateTime(timeMs)} (${format.age(Math.max(0, this.#desk.nowMs() - timeMs) / 1000)})`;
  }
}

/** Of a detector or a link. */
function endsOf(subject: string): { readonly from: string; readonly to: string | undefined } {
  const [from = '', to] = subject.split(':');
  return { from, to };
}

function addressOf({ subject }: Alert): string {
  const { from, to } = endsOf(subject);
  return to === undefined ? detectorAddress(from) : linkAddress(from, to);
}
