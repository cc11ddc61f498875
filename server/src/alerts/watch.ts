/**
 * What was found of something that is watched: `bad` is beyond the limit, `good` well within it, `between` neither: there an alert stays as it
 * is, open or not. `unknown`: nothing can be said.
 */
export type Level = 'bad' | 'between' | 'good' | 'unknown';

/** How long something must be so, without a break, before it counts. */
export interface Patience {
  readonly openAfterMs: number;
  readonly closeAfterMs: number;
  /** How long an alert stays open of which nothing is known any more. */
  readonly unknownAfterMs: number;
}

/** Since when something is as it is; none of it once it has counted. */
export interface Watch {
  readonly level: Level;
  readonly sinceMs: number;
}

export type Step = 'open' | 'close' | 'stay';

/** The watch after a look, and what follows for its alert. */
export function stepped(
  watch: Watch | undefined,
  isOpen: boolean,
  level: Level,
  nowMs: number,
  patience: Patience,
): { readonly watch: Watch; readonly step: Step } {
  const next = watch?.level === level ? watch : { level, sinceMs: nowMs };
  const lastedMs = nowMs - next.sinceMs;
  return { watch: next, step: stepOf(level, lastedMs, isOpen, patience) };
}

function stepOf(level: Level, lastedMs: number, isOpen: boolean, patience: Patience): Step {
  if (!isOpen) return level === 'bad' && lastedMs >= patience.openAfterMs ? 'open' : 'stay';
  if (level === 'good') return lastedMs >= patience.closeAfterMs ? 'close' : 'stay';
  return level === 'unknown' && lastedMs >= patience.unknownAfterMs ? 'close' : 'stay';
}
