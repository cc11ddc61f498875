import { askJson } from './api.ts';
import type { Desk } from './desk.ts';
import { Reader, type Reading } from './reader.ts';

/** Ages rise also while nothing new is published. */
const readEveryMs = 20_000;

/** What the API says at an address: read again with every minute that is published, and now and then. */
export class Reread<What> implements Disposable {
  readonly #desk: Desk;
  readonly #reader: Reader<What>;
  readonly #timer: ReturnType<typeof setInterval>;
  #newestMs: number | undefined;

  constructor(desk: Desk, address: string) {
    this.#desk = desk;
    this.#reader = new Reader(desk, (signal) => askJson<What>(address, { signal }));
    this.#newestMs = desk.state.newestMs();
    this.#timer = setInterval(() => void this.#reader.read(), readEveryMs);
    void this.#reader.read();
  }

  get reading(): Reading<What> {
    return this.#reader.reading;
  }

  /** To be called when the network has changed. */
  onChange(): void {
    const newestMs = this.#desk.state.newestMs();
    if (newestMs === this.#newestMs) return;
    this.#newestMs = newestMs;
    void this.#reader.read();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#reader[Symbol.dispose]();
  }
}
