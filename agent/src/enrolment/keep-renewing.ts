import { backoffMs } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import { TdcError } from '@tdc/shared/errors.ts';
import { type Identity, readIdentity, writeIdentity } from './identity-file.ts';

export interface RenewalOptions {
  readonly identityFile: string;
  /** host:port that is asked. */
  readonly collectorAddress: string;
  /** host:port that the identity is to say: one that says another, as when the collector has moved, learns it with the renewal. */
  readonly keptAddress: string;
  readonly clock: Clock;
  /** 0 inclusive to 1 exclusive. */
  readonly random: () => number;
  /** The identity file holds a new certificate. */
  readonly onRenewed: (identity: Identity) => void;
  /** It was not renewed; tried again after `waitMs`. */
  readonly onFailed: (error: Error, waitMs: number) => void;
}

/** Looks at the certificate this often: the clock can step, and the file can be replaced by another enrolment. */
const lookEveryMs = 60_000;
const backoff = { baseMs: 60_000, maxMs: 6 * 3_600_000 };
/** Of a certificate's life, when it is renewed: from the first to the second, drawn, so that boxes that were enrolled together do not come together. */
const renewalParts = [1 / 3, 5 / 12] as const;
/** Between two renewals, as part of the life: a clock that is far ahead must not make one after the other. */
const pausePart = 1 / 6;

/** Renews the certificate of this box in time, until the signal. */
export async function keepRenewing(options: RenewalOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, onRenewed, onFailed } = options;
  const [from, to] = renewalParts;
  const part = from + (to - from) * random();
  let failures = 0;
  let pausedUntilMs = 0;
  while (!signal.aborted) {
    let waitMs = lookEveryMs;
    try {
      const identity = readIdentity(options.identityFile);
      const { startMs, lifeMs } = lifeOf(identity);
      const leftMs = Math.max(startMs + lifeMs * part - clock.nowMs(), pausedUntilMs - clock.monotonicMs());
      if (leftMs > 0) waitMs = Math.min(leftMs, lookEveryMs);
      else {
        // Loaded once a month: what it needs takes 16 MB.
        const { renewAt } = await import('./enrolment-client.ts');
        const renewed = await renewAt({ ...identity, collectorAddress: options.collectorAddress }, signal);
        writeIdentity(options.identityFile, { ...renewed, collectorAddress: options.keptAddress });
        pausedUntilMs = clock.monotonicMs() + lifeMs * pausePart;
        waitMs = 0;
        onRenewed(renewed);
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TdcError)) throw error;
      waitMs = backoffMs(backoff, failures++, random);
      onFailed(error, waitMs);
    }
    await clock.sleep(waitMs, signal).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  }
}

function lifeOf({ certificate }: Identity): { readonly startMs: number; readonly lifeMs: number } {
  const startMs = certificate.validFromDate.getTime();
  return { startMs, lifeMs: certificate.validToDate.getTime() - startMs };
}
