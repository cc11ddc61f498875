import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Released, WaitingEntry, WaitingRoom } from './waiting-room.ts';

/** Events in one transaction, between which the agent does other things. */
const releasedMax = 500;

/**
 * Releases the events that need wait no longer, oldest first, until one has to wait on: those behind it are younger. Throws
 * UnavailableError when the disk does not take them; the next call goes on.
 */
export async function releaseWaiting(
  room: WaitingRoom,
  release: (entry: WaitingEntry) => Released | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (let after = 0; !signal.aborted; ) {
    const entries = room.waitingAfter(after, releasedMax);
    const released: Released[] = [];
    for (const entry of entries) {
      const one = release(entry);
      if (one === undefined) break;
      released.push(one);
    }
    room.release(released);
    if (entries.length === 0 || released.length < entries.length) return;
    after = released.at(-1)?.number ?? after;
    await nextTurn();
  }
}
