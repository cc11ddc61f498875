import type { Alert } from './alert.ts';
import { watchKey } from './alert.ts';
import type { Reading } from './reading.ts';
import { type AlertRules, patienceOf } from './rules.ts';
import { stepped, type Watch } from './watch.ts';

/** What is to become of an alert; it holds once it is stored. */
export interface Change {
  readonly event: 'opened' | 'closed';
  readonly alert: Alert;
}

export interface BookOptions {
  readonly rules: AlertRules;
  /** An id of a moment, that sorts by it. */
  readonly newId: (timeMs: number) => string;
}

/** Alerts that are not closed, of a network. */
export const openAlertsMax = 5000;

/** Follows everything that is watched, and says which alerts are to be opened and closed. */
export class AlertBook {
  readonly #options: BookOptions;
  #watches = new Map<string, Watch>();

  constructor(options: BookOptions) {
    this.#options = options;
  }

  /** Since when things are as they are, to go on from elsewhere: only what has not counted yet. */
  get watches(): readonly (readonly [string, Watch])[] {
    return [...this.#watches];
  }

  goOnFrom(watches: Iterable<readonly [string, Watch]>): void {
    this.#watches = new Map(watches);
  }

  /** What follows from a look at everything there is. `open` are the alerts that are not closed, as they are stored. */
  changes(readings: readonly Reading[], open: readonly Alert[], nowMs: number): readonly Change[] {
    const openByKey = new Map(open.map((alert) => [watchKey(alert), alert]));
    const seen = new Set<string>();
    const watches = new Map<string, Watch>();
    const changes: Change[] = [];
    for (const reading of readings) {
      const key = watchKey(reading);
      seen.add(key);
      const alert = openByKey.get(key);
      const patience = patienceOf(reading.cause, this.#options.rules);
      const isOpen = alert !== undefined;
      const { watch, step } = stepped(this.#watches.get(key), isOpen, reading.level, nowMs, patience);
      if (isWaiting(watch, isOpen)) watches.set(key, watch);
      if (step === 'open') changes.push({ event: 'opened', alert: this.#opened(reading, nowMs) });
      else if (step === 'close' && alert !== undefined) changes.push(closed(alert, reading.detail, nowMs));
    }
    for (const [key, alert] of openByKey) {
      if (!seen.has(key)) changes.push(...this.#unseen(key, alert, watches, nowMs));
    }
    this.#watches = watches;
    const room = openAlertsMax - open.length;
    const opened = changes.filter(({ event }) => event === 'opened').slice(0, Math.max(0, room));
    return [...changes.filter(({ event }) => event === 'closed'), ...opened];
  }

  #opened({ cause, subject, detail }: Reading, nowMs: number): Alert {
    return { id: this.#options.newId(nowMs), ...{ cause, subject, detail }, openedAtMs: nowMs, version: 1 };
  }

  /** Nothing looks at it any more: its subject or its rule has gone, or what it is about has fallen silent. */
  #unseen(key: string, alert: Alert, watches: Map<string, Watch>, nowMs: number): readonly Change[] {
    const patience = patienceOf(alert.cause, this.#options.rules);
    const { watch, step } = stepped(this.#watches.get(key), true, 'unknown', nowMs, patience);
    watches.set(key, watch);
    return step === 'close' ? [closed(alert, 'nothing is known of it any more', nowMs)] : [];
  }
}

/** Whether a watch says something that has not counted yet. */
const isWaiting = ({ level }: Watch, isOpen: boolean): boolean =>
  isOpen ? level === 'good' || level === 'unknown' : level === 'bad';

const closed = (alert: Alert, detail: string, nowMs: number): Change => ({
  event: 'closed',
  alert: { ...alert, closed: { atMs: nowMs, detail }, version: alert.version + 1 },
});
