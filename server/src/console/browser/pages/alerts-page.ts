import { html, nothing, type TemplateResult } from 'lit-html';
import { AlertList } from '../alert-list.ts';
import { askJson } from '../api.ts';
import type { Alert } from '../api-types.ts';
import type { Desk, Page } from '../desk.ts';
import { byAge, type KnownAlerts } from '../known-alerts.ts';

const pageSize = 20;
/** Alerts that are not closed and are drawn; more are asked for. */
const shownAtFirst = 50;

interface ClosedPage {
  readonly alerts: readonly Alert[];
  readonly next_page_token: string | null;
}

type Reading = { readonly type: 'reading' | 'read' } | { readonly type: 'failed'; readonly why: string };

/** What somebody should see to, and what was. */
export class AlertsPage implements Page {
  readonly #desk: Desk;
  readonly #list: AlertList;
  #going = new AbortController();
  readonly #closed = new Map<string, Alert>();
  /** Where the next page begins; null behind the last. */
  #nextToken: string | null = null;
  #reading: Reading = { type: 'reading' };
  /** Of which everything that was closed has been read. */
  #readWith: KnownAlerts | undefined;
  #shown = shownAtFirst;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#list = new AlertList(desk);
  }

  title(): string {
    return this.#desk.format.text.alerts;
  }

  /** What the live stream begins anew with does not tell what was closed meanwhile. */
  onChange(): void {
    const { alerts } = this.#desk.state;
    if (this.#readWith === alerts) return;
    this.#readWith = alerts;
    this.#closed.clear();
    void this.#read('');
  }

  view(): TemplateResult {
    const { state, format } = this.#desk;
    const { text } = format;
    const current = state.alerts.current();
    return html`<section aria-labelledby="current-heading">
        <h2 id="current-heading">${text.alertsCurrent}</h2>
        ${current.length === 0 ? html`<p>${state.heartbeat === undefined ? text.loading : text.noAlerts}</p>` : this.#list.view(current.slice(0, this.#shown))}
        ${current.length > this.#shown ? this.#moreButton('more', () => this.#showMore()) : nothing}
      </section>
      <section aria-labelledby="closed-heading">
        <h2 id="closed-heading">${text.alertsClosed}</h2>
        ${this.#closedView()}
      </section>`;
  }

  [Symbol.dispose](): void {
    this.#going.abort();
  }

  #showMore(): void {
    this.#shown += shownAtFirst;
    this.#desk.refresh();
  }

  #closedView(): TemplateResult {
    const { format, state } = this.#desk;
    const { text } = format;
    const known = new Map([...this.#closed, ...[...state.alerts.closed].map((each) => [each.id, each] as const)]);
    const reading = this.#reading;
    const token = this.#nextToken;
    return html`${known.size === 0 && reading.type === 'read' ? html`<p>${text.none}</p>` : this.#list.view([...known.values()].sort(byAge))}
    ${reading.type === 'reading' ? html`<p>${text.loading}</p>` : nothing}
    ${reading.type === 'failed' ? this.#failureView(reading.why) : nothing}
    ${token === null || reading.type !== 'read' ? nothing : this.#moreButton('more-closed', () => void this.#read(token))}`;
  }

  #failureView(why: string): TemplateResult {
    const { text } = this.#desk.format;
    return html`<p class="failure">${text.loadFailed} <span lang="en">${why}</span></p>
      ${this.#moreButton('again', () => void this.#read(this.#nextToken ?? ''), text.tryAgain)}`;
  }

  #moreButton(name: string, act: () => void, label = this.#desk.format.text.showMore): TemplateResult {
    return html`<p><button type="button" name=${name} @click=${act}>${label}</button></p>`;
  }

  async #read(token: string): Promise<void> {
    this.#going.abort();
    this.#going = new AbortController();
    const { signal } = this.#going;
    this.#reading = { type: 'reading' };
    this.#desk.refresh();
    const query = new URLSearchParams({ state: 'closed', page_size: String(pageSize) });
    if (token !== '') query.set('page_token', token);
    try {
      const page = await askJson<ClosedPage>(`/api/v1/alerts?${query}`, { signal });
      for (const alert of page.alerts) this.#closed.set(alert.id, alert);
      this.#nextToken = page.next_page_token;
      this.#reading = { type: 'read' };
    } catch (error) {
      if (signal.aborted) return;
      this.#reading = { type: 'failed', why: this.#desk.refused(error) };
    }
    this.#desk.refresh();
  }
}
