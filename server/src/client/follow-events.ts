import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { EventFilter } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { ClientContext } from './context.ts';
import { listEvents } from './list-events.ts';
import { watchEvents } from './watch-events.ts';

export interface EventFollow {
  readonly filter: EventFilter;
  /** Where to begin in the past; absent: from now on. */
  readonly fromMs?: number;
}

/**
 * Listed events that are known again in the watch. An event that is in both was committed while the list was read; beyond
 * this many it can be given twice, never lost.
 */
const listedMax = 100_000;

/** The events of the past, oldest first, and then those that come, without a gap between them. Returns when the signal aborts. */
export async function* followEvents(
  context: ClientContext,
  { filter, fromMs }: EventFollow,
): AsyncGenerator<readonly DetectionEvent[]> {
  const watch = watchEvents(context, filter);
  try {
    // The watch has begun before the list is read: what is committed meanwhile waits in it.
    if ((await watch.next()).done) return;
    const listed = new Set<string>();
    if (fromMs !== undefined) {
      const past = { filter, fromMs, toMs: 0, order: 'oldest', limit: Number.POSITIVE_INFINITY } as const;
      for await (const page of listEvents(context, past)) {
        for (const { id } of page) remember(listed, id);
        yield page;
      }
    }
    for await (const page of watch) {
      const isNew = ({ id, referenceTimeMs }: DetectionEvent) =>
        !listed.delete(id) && referenceTimeMs >= (fromMs ?? Number.NEGATIVE_INFINITY);
      yield page.filter(isNew);
    }
  } finally {
    await watch.return(undefined);
  }
}

function remember(listed: Set<string>, id: string): void {
  listed.add(id);
  if (listed.size <= listedMax) return;
  for (const oldest of listed) {
    listed.delete(oldest);
    return;
  }
}
