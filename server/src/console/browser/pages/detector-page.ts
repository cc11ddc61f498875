import { html, nothing, type TemplateResult } from 'lit-html';
import { AlertList } from '../alert-list.ts';
import { ApiError, askJson } from '../api.ts';
import type { AgentStatus, Detector, DetectorWithStatus, Scanner } from '../api-types.ts';
import type { Desk, Page } from '../desk.ts';
import { fact, facts } from '../facts.ts';
import { healthWord, linkTable } from '../marks.ts';
import { Reader } from '../reader.ts';
import { SightingRates } from '../sighting-rates.ts';
import { statusWord } from '../status-words.ts';
import { subjectAlerts } from '../subject-alerts.ts';

/** Agents report twice a minute. */
const readEveryMs = 10_000;

/** What its agent last said of itself; null while it has said nothing. */
type Known = 'missing' | { readonly status: AgentStatus | null };

/** One detector: how it is, and what its agent says of itself. */
export class DetectorPage implements Page {
  readonly #desk: Desk;
  readonly #id: string;
  readonly #alerts: AlertList;
  readonly #rates = new SightingRates();
  readonly #reader: Reader<Known>;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(desk: Desk, id: string) {
    this.#desk = desk;
    this.#id = id;
    this.#alerts = new AlertList(desk);
    this.#reader = new Reader(desk, (signal) => this.#ask(signal));
    this.#timer = setInterval(() => void this.#reader.read(), readEveryMs);
    void this.#reader.read();
  }

  title(): string {
    return this.#desk.state.nameOf(this.#id);
  }

  view(): TemplateResult {
    const { format, state } = this.#desk;
    const { text } = format;
    const detector = state.detectors.get(this.#id);
    const { reading } = this.#reader;
    const known = reading.type === 'read' ? reading.what : undefined;
    if (detector === undefined) return html`<p>${known === 'missing' ? text.notInNetwork : text.loading}</p>`;
    const status = known === undefined || known === 'missing' ? null : known.status;
    return html`<div class="detector-page">
      <section aria-labelledby="now-heading">
        <h2 id="now-heading">${text.now}</h2>
        ${this.#healthView(detector)} ${this.#readingView()}
      </section>
      ${subjectAlerts(this.#desk, this.#alerts, [this.#id])}
      ${status === null ? nothing : this.#radiosView(status)}
      ${this.#linksView()}
    </div>`;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#reader[Symbol.dispose]();
  }

  async #ask(signal: AbortSignal): Promise<Known> {
    try {
      const { detector } = await askJson<{ detector: DetectorWithStatus }>(
        `/api/v1/detectors/${encodeURIComponent(this.#id)}`,
        { signal },
      );
      if (detector.status !== null) this.#rates.take(detector.status);
      return detector;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return 'missing';
      throw error;
    }
  }

  #healthView({ state, reasons, reported_at, detector_id }: Detector): TemplateResult {
    const { text } = this.#desk.format;
    return html`<p class="headline" data-state=${state}>${healthWord(this.#desk, state)}</p>
      ${facts(
        fact('ID', html`<code>${detector_id}</code>`),
        reasons.length === 0 || state === 'ok'
          ? nothing
          : fact(text.reasons, html`<span lang="en">${reasons.join('; ')}</span>`),
        fact(text.lastContact, reported_at === null ? text.notYet : this.#moment(reported_at)),
      )}`;
  }

  #readingView(): TemplateResult {
    const { text } = this.#desk.format;
    const { reading } = this.#reader;
    switch (reading.type) {
      case 'reading':
        return html`<p>${text.loading}</p>`;
      case 'failed':
        return html`<p class="failure">${text.loadFailed} <span lang="en">${reading.why}</span></p>`;
      case 'read':
        if (reading.what === 'missing') return html`<p>${text.notInNetwork}</p>`;
        return reading.what.status === null ? html`<p>${text.noStatus}</p>` : this.#statusView(reading.what.status);
    }
  }

  #statusView(status: AgentStatus): TemplateResult {
    const { format } = this.#desk;
    const { text, number, bytes } = format;
    const { events } = status;
    const dropped = Object.entries(events.dropped).filter(([, count]) => count > 0);
    const waiting = events.waiting_for_clock;
    return facts(
      fact(text.connectionOfBox, statusWord(text, 'connection', status.connection)),
      fact(
        text.clock,
        html`${statusWord(text, 'clock', status.clock)} ${waiting === 0 ? nothing : text.waitingForClock(number(waiting))}
          ${this.#clockStep(status)}`,
      ),
      fact(
        text.outbox,
        text.outboxOf(number(events.in_outbox), bytes(status.outbox_bytes), bytes(status.outbox_bytes_max)),
      ),
      fact(text.eventsMade, number(events.made)),
      fact(text.eventsAcknowledged, number(events.acknowledged)),
      fact(
        text.drops,
        dropped.length === 0
          ? text.none
          : html`<span lang="en">${dropped.map(([reason, count]) => text.dropped(number(count), reason)).join(', ')}</span>`,
      ),
      fact(text.key, statusWord(text, 'key', status.key_state)),
      fact(text.memory, bytes(status.resident_memory_bytes)),
      fact(text.version, status.version),
      status.started_at === null ? nothing : fact(text.startedAt, this.#moment(status.started_at)),
      status.last_error === '' ? nothing : fact(text.lastError, html`<span lang="en">${status.last_error}</span>`),
    );
  }

  #clockStep({ clock_step: step }: AgentStatus): string | typeof nothing {
    const { text, number, dateTime } = this.#desk.format;
    if (step === null) return nothing;
    return text.clockStep(number(step.step_seconds), step.at === null ? text.notYet : dateTime(Date.parse(step.at)));
  }

  #radiosView({ scanners }: AgentStatus): TemplateResult {
    const { text } = this.#desk.format;
    return html`<section aria-labelledby="radios-heading">
      <h2 id="radios-heading">${text.radios}</h2>
      ${
        scanners.length === 0
          ? html`<p>${text.none}</p>`
          : html`<div class="wide" role="region" aria-labelledby="radios-heading" tabindex="0"><table class="rows">
              <thead>
                <tr>
                  <th scope="col">${text.radio}</th>
                  <th scope="col">${text.state}</th>
                  <th scope="col" class="number">${text.perMinute}</th>
                  <th scope="col">${text.lastSighting}</th>
                  <th scope="col" class="number">${text.malformed}</th>
                </tr>
              </thead>
              <tbody>
                ${scanners.map((each) => this.#radioRow(each))}
              </tbody>
            </table></div>`
      }
    </section>`;
  }

  #radioRow({ name, state, last_sighting_at, last_error, malformed }: Scanner): TemplateResult {
    const { text, number } = this.#desk.format;
    const rate = this.#rates.of(name);
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${statusWord(text, 'radio', state)}${last_error === '' ? nothing : html` <small lang="en">${last_error}</small>`}</td>
      <td class="number">${rate === undefined ? '–' : number(rate)}</td>
      <td>${last_sighting_at === null ? text.notYet : this.#moment(last_sighting_at)}</td>
      <td class="number">${number(malformed)}</td>
    </tr>`;
  }

  #linksView(): TemplateResult {
    const { text } = this.#desk.format;
    const own = this.#desk.state.links().filter(({ from, to }) => from === this.#id || to === this.#id);
    return html`<section aria-labelledby="links-heading">
      <h2 id="links-heading">${text.itsLinks}</h2>
      ${own.length === 0 ? html`<p>${text.none}</p>` : linkTable(this.#desk, own)}
    </section>`;
  }

  #moment(time: string): string {
    const { format } = this.#desk;
    const timeMs = Date.parse(time);
    return `${format.age(Math.max(0, this.#desk.nowMs() - timeMs) / 1000)} (${format.dateTime(timeMs)})`;
  }
}
