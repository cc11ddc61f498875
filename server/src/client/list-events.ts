import type { DetectionEvent } from '@tdc/shared/event.ts';
import { type EventFilter, Order } from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs, parseEvent } from '@tdc/shared/wire.ts';
import { ask, type ClientContext, understood } from './context.ts';

export interface EventList {
  readonly filter: EventFilter;
  /** Earliest reference time, inclusive; 0 for no limit. */
  readonly fromMs: number;
  /** Latest reference time, exclusive; 0 for no limit. */
  readonly toMs: number;
  readonly order: 'newest' | 'oldest';
  /** How many at most; may be Infinity. */
  readonly limit: number;
}

const pageSizeMax = 1000;

/** Events a page at a time; the next page is asked for when the last has been taken. */
export async function* listEvents(context: ClientContext, list: EventList): AsyncGenerator<readonly DetectionEvent[]> {
  const order = list.order === 'newest' ? Order.ORDER_NEWEST_FIRST : Order.ORDER_OLDEST_FIRST;
  const fromNs = nsFromMs(list.fromMs);
  const toNs = nsFromMs(list.toMs);
  let left = list.limit;
  let pageToken = '';
  while (left > 0) {
    const pageSize = Math.min(left, pageSizeMax);
    const request = { filter: list.filter, fromNs, toNs, order, pageSize, pageToken };
    const page = await ask(context, 'query', context.query.listEvents, request);
    yield page.events.map((event) => understood(parseEvent(event)));
    left -= page.events.length;
    pageToken = page.nextPageToken;
    if (pageToken === '') return;
  }
}
