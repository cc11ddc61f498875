import type { Clock } from '@tdc/shared/clock.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { isNewTime } from './clock-belief.ts';
import type { ClockWatch } from './clock-watch.ts';
import { releaseWaiting } from './waiting-release.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface TimeKeepingOptions {
  readonly watch: ClockWatch;
  readonly clock: Clock;
  readonly room: WaitingRoom;
  /** Brings events that are still in memory to the disk. */
  readonly flush: () => void;
  /** There may be events to be sent that waited before. */
  readonly onReleased: () => void;
  /** The disk refuses: it is tried again. */
  readonly onRefused: (error: UnavailableError) => void;
}

const lookEveryMs = 1000;
/** How often those that have waited for too long are looked for. */
const releaseEveryMs = 60_000;

/** Looks at the clock, and releases those that need wait no longer for it. */
export async function lookAndRelease(options: TimeKeepingOptions, signal: AbortSignal): Promise<void> {
  await options.watch.look();
  await release(options, signal);
}

/** Looks at the clock every second and releases those that need wait no longer, until aborted. */
export async function keepTime(options: TimeKeepingOptions, signal: AbortSignal): Promise<void> {
  const { watch, clock } = options;
  let { belief } = watch;
  let releasedAtMs = clock.monotonicMs();
  while (!signal.aborted) {
    await clock.sleep(lookEveryMs, signal).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
    await watch.look();
    const isNew = isNewTime(belief, watch.belief);
    if (signal.aborted || (!isNew && clock.monotonicMs() - releasedAtMs < releaseEveryMs)) continue;
    releasedAtMs = clock.monotonicMs();
    belief = watch.belief;
    await release(options, signal);
  }
}

async function release(options: TimeKeepingOptions, signal: AbortSignal): Promise<void> {
  const { watch, room, flush, onReleased, onRefused } = options;
  try {
    flush();
    await releaseWaiting(room, (entry) => watch.release(entry), signal);
    onReleased();
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    onRefused(error);
  }
}
