import type { Clock } from '@tdc/shared/clock.ts';
import type { ConfigurationKeeper } from './configuration-keeper.ts';

export interface Probation {
  readonly clock: Clock;
  readonly probationMs: number;
  /** Absent: no configuration comes by letter. */
  readonly configurations: ConfigurationKeeper | undefined;
  /** Resolves once the collector has acknowledged a status. */
  readonly reported: Promise<void>;
  /** Why it has not, as far as it is known. */
  readonly whyNotReported: () => string | undefined;
}

/**
 * Resolves to whether the agent goes on with the configuration that is in force: at once where that has proved itself, else when the collector has acknowledged
 * a status under it, or when aborted. One that has not proved itself in time is rolled back.
 */
export async function provesItself(probation: Probation, signal: AbortSignal): Promise<boolean> {
  const { clock, probationMs, configurations, reported, whyNotReported } = probation;
  if (configurations === undefined || !configurations.onProbation) return true;
  const over = new AbortController();
  const waiting = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(probationMs, waiting).then(
    () => true,
    (reason: unknown) => {
      if (!waiting.aborted) throw reason;
      return false;
    },
  );
  const isLate = await Promise.race([reported.then(() => false), late]);
  over.abort();
  if (!isLate) return true;
  const why = whyNotReported();
  const waited = `the collector has acknowledged no status within ${probationMs / 1000} s`;
  configurations.rollBack(why === undefined ? waited : `${waited}: ${why}`);
  return false;
}
