import { html, type TemplateResult } from 'lit-html';
import type { Desk } from './desk.ts';

/** What there is of an answer that was asked for. */
export type Reading<What> =
  | { readonly type: 'reading' }
  | { readonly type: 'read'; readonly what: What }
  | { readonly type: 'failed'; readonly why: string };

/** Asks the server, and shows what came of it. Asked again it forgets the request before. */
export class Reader<What> implements Disposable {
  readonly #desk: Desk;
  readonly #ask: (signal: AbortSignal) => Promise<What>;
  #reading: Reading<What> = { type: 'reading' };
  #going = new AbortController();

  constructor(desk: Desk, ask: (signal: AbortSignal) => Promise<What>) {
    this.#desk = desk;
    this.#ask = ask;
  }

  get reading(): Reading<What> {
    return this.#reading;
  }

  /** Meanwhile what came before is shown. */
  async read(): Promise<void> {
    this.#going.abort();
    const going = new AbortController();
    this.#going = going;
    try {
      const what = await this.#ask(going.signal);
      if (going.signal.aborted) return;
      this.#reading = { type: 'read', what };
    } catch (error) {
      if (going.signal.aborted) return;
      this.#reading = { type: 'failed', why: this.#desk.refused(error) };
    }
    this.#desk.refresh();
  }

  /** Something else is asked for: what came before is not shown any more. */
  readAnew(): void {
    this.#reading = { type: 'reading' };
    void this.read();
    this.#desk.refresh();
  }

  /** Puts what has been heard meanwhile in place of what was read. */
  replace(what: What): void {
    if (this.#reading.type === 'read') this.#reading = { type: 'read', what };
  }

  view(show: (what: What) => TemplateResult): TemplateResult {
    const { text } = this.#desk.format;
    const reading = this.#reading;
    switch (reading.type) {
      case 'reading':
        return html`<p>${text.loading}</p>`;
      case 'failed':
        return html`<p class="failure">${text.loadFailed} <span lang="en">${reading.why}</span></p>
          <p><button type="button" @click=${() => this.readAnew()}>${text.tryAgain}</button></p>`;
      case 'read':
        return show(reading.what);
    }
  }

  [Symbol.dispose](): void {
    this.#going.abort();
  }
}
