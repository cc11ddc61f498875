import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { EventFilter } from '@tdc/shared/generated/tdc/v1/query.ts';
import { parseEvent } from '@tdc/shared/wire.ts';
import { type ClientContext, understood } from './context.ts';
import { keepWatching } from './keep-watching.ts';

/** Events as they are committed, from now on; the first page is empty. Nothing is missed by a lost connection; see keepWatching. */
export async function* watchEvents(
  context: ClientContext,
  filter: EventFilter,
): AsyncGenerator<readonly DetectionEvent[]> {
  let cursor = '';
  const watch = {
    open: () => context.query.watchEvents({ filter, cursor }),
    beginAnew: () => {
      cursor = '';
    },
  };
  for await (const response of keepWatching(context, watch)) {
    cursor = response.cursor;
    yield response.events.map((event) => understood(parseEvent(event)));
  }
}
