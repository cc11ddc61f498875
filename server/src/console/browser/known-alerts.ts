import type { Alert } from './api-types.ts';

/** Of those that were closed while the page was open. */
const closedMax = 200;

/** The alerts that the live stream has told of: all that are not closed, and those that it saw closed last. */
export class KnownAlerts {
  readonly #current = new Map<string, Alert>();
  readonly #closed = new Map<string, Alert>();

  take(alert: Alert): void {
    if (alert.state !== 'closed') {
      this.#current.set(alert.id, alert);
      return;
    }
    this.#current.delete(alert.id);
    this.#closed.delete(alert.id);
    this.#closed.set(alert.id, alert);
    const oldest = this.#closed.keys().next();
    if (this.#closed.size > closedMax && oldest.done !== true) this.#closed.delete(oldest.value);
  }

  /** Those that nobody sees to. */
  get openCount(): number {
    let count = 0;
    for (const { state } of this.#current.values()) if (state === 'open') count++;
    return count;
  }

  /** Those that are not closed, of some subjects or of all: first those that nobody sees to, and of each the newest first. */
  current(subjects?: readonly string[]): readonly Alert[] {
    return [...this.#current.values()]
      .filter((each) => subjects?.includes(each.subject) ?? true)
      .sort((a, b) => Number(a.state === 'acknowledged') - Number(b.state === 'acknowledged') || byAge(a, b));
  }

  /** In no order. */
  get closed(): Iterable<Alert> {
    return this.#closed.values();
  }
}

/** The newest first: ids sort by when they were opened. */
export const byAge = (a: Alert, b: Alert): number => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
