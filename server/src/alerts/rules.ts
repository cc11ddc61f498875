import type { AlertCause } from './alert.ts';
import type { Patience } from './watch.ts';

/** When something is an alert. Absent or empty: never. */
export interface AlertRules {
  /** Minutes without a status. */
  readonly silentMinutes?: number;
  /** Minutes of a clock that is not synchronised, or is apart from those around it. */
  readonly clockMinutes?: number;
  /** Events that wait in a box. */
  readonly outboxEvents?: number;
  /** Whether events that a box gave up are one. */
  readonly drops: boolean;
  /** Per cent of the usual number of matches, below which it is low. */
  readonly matchRatePercent?: number;
  /** Seconds that a link may take, by `D1:D2`. */
  readonly travelTimeSeconds: ReadonlyMap<string, number>;
  /** Per cent beyond what is usual for the hour and weekday, and beyond at least so many seconds. */
  readonly unusual?: { readonly percent: number; readonly seconds: number };
}

const minuteMs = 60_000;

/** How long each must last. A detector's silence is counted from its last status on, by itself. */
export function patienceOf(cause: AlertCause, rules: Pick<AlertRules, 'clockMinutes' | 'silentMinutes'>): Patience {
  const unknownAfterMs = 60 * minuteMs;
  switch (cause) {
    case 'detector_silent':
      // One that reports a little too seldom stays silent, instead of coming and going.
      return { openAfterMs: 0, closeAfterMs: (rules.silentMinutes ?? 0) * minuteMs, unknownAfterMs };
    case 'clock_off':
      return { openAfterMs: (rules.clockMinutes ?? 0) * minuteMs, closeAfterMs: 5 * minuteMs, unknownAfterMs };
    case 'outbox_growing':
      return { openAfterMs: 5 * minuteMs, closeAfterMs: 5 * minuteMs, unknownAfterMs };
    case 'drops':
      return { openAfterMs: 0, closeAfterMs: 30 * minuteMs, unknownAfterMs };
    case 'match_rate_low':
      return { openAfterMs: 20 * minuteMs, closeAfterMs: 20 * minuteMs, unknownAfterMs };
    default:
      return { openAfterMs: 5 * minuteMs, closeAfterMs: 10 * minuteMs, unknownAfterMs };
  }
}
