import type { OutboxEntry, OutboxRange } from './outbox.ts';

export type Lane = 'live' | 'backlog';

/**
 * In which order events are sent on one connection: batches of what is made from now on alternate with batches of what
 * was there before, so that the present is seen at once after an outage. Within a lane the oldest come first.
 * A value: every step gives a new one.
 */
export interface Lanes {
  /** Highest sequence number at the start: the backlog ends there, the present begins behind it. */
  readonly boundary: number;
  readonly backlogAfter: number;
  readonly liveAfter: number;
  /** The backlog is finite: read to its end once, there is no more of it. */
  readonly backlogIsRead: boolean;
  /** Whose batch comes first, if it has one. */
  readonly turn: Lane;
}

export const startLanes = (lastSeq: number): Lanes => ({
  boundary: lastSeq,
  backlogAfter: 0,
  liveAfter: lastSeq,
  backlogIsRead: lastSeq === 0,
  turn: 'live',
});

/** The lanes to read next, in order: the second is for when the first has nothing. */
export function lanesToRead({ turn, backlogIsRead }: Lanes): readonly Lane[] {
  if (backlogIsRead) return ['live'];
  return turn === 'live' ? ['live', 'backlog'] : ['backlog', 'live'];
}

export function rangeOf(lanes: Lanes, lane: Lane, limit: number): OutboxRange {
  return lane === 'live'
    ? { after: lanes.liveAfter, through: Number.MAX_SAFE_INTEGER, limit }
    : { after: lanes.backlogAfter, through: lanes.boundary, limit };
}

/** The lanes after a read. */
export function advance(lanes: Lanes, lane: Lane, entries: readonly OutboxEntry[]): Lanes {
  const last = entries.at(-1)?.seq;
  if (lane === 'live') return last === undefined ? lanes : { ...lanes, liveAfter: last, turn: 'backlog' };
  if (last === undefined) return { ...lanes, backlogIsRead: true, turn: 'live' };
  return { ...lanes, backlogAfter: last, turn: 'live' };
}

/** Reads the next batch: none when nothing waits now. */
export function nextBatch(
  lanes: Lanes,
  limit: number,
  read: (range: OutboxRange) => readonly OutboxEntry[],
): { readonly lanes: Lanes; readonly entries: readonly OutboxEntry[] } {
  let next = lanes;
  for (const lane of lanesToRead(lanes)) {
    const entries = read(rangeOf(next, lane, limit));
    next = advance(next, lane, entries);
    if (entries.length > 0) return { lanes: next, entries };
  }
  return { lanes: next, entries: [] };
}
