import { askJson } from './api.ts';
import type { Desk } from './desk.ts';

/** Ages rise also while nothing new is published. */
const readEveryMs = 20_000;

export type Reading<T> =
  | { readonly type: 'reading' }
  | { readonly type: 'read'; readonly answer: T }
  | { readonly type: 'failed'; readonly why: string };

/** What the API says at an address: read again with every minute that is published, and now and then. */
export class Reread<T> implements Disposable {
  readonly #desk: Desk;
  readonly #address: string;
  readonly #going = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  #newestMs: number | undefined;
  #reading: Reading<T> = { type: 'reading' };

  constructor(desk: Desk, address: string) {
    this.#desk = desk;
    this.#address = address;
    this.#newestMs = desk.state.newestMs();
    this.#timer = setInterval(() => void this.#read(), readEveryMs);
    void this.#read();
  }

  get reading(): Reading<T> {
    return this.#reading;
  }

  /** To be called when the network has changed. */
  onChange(): void {
    const newestMs = this.#desk.state.newestMs();
    if (newestMs === this.#newestMs) return;
    this.#newestMs = newestMs;
    void this.#read();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#going.abort();
  }

  async #read(): Promise<void> {
    const { signal } = this.#going;
    try {
      this.#reading = { type: 'read', answer: await askJson<T>(this.#address, { signal }) };
    } catch (error) {
      if (signal.aborted) return;
      this.#reading = { type: 'failed', why: this.#desk.refused(error) };
    }
    this.#desk.refresh();
  }
}
