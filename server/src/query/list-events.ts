import type { ListEventsRequest, ListEventsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { eventToWire, nsFromMs } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { eventsPage } from './events-page.ts';
import { parseFilter } from './filter.ts';
import { parsePageQuery } from './list-fields.ts';

export async function listEvents(
  { repository }: QueryContext,
  request: ListEventsRequest,
  signal: AbortSignal,
): Promise<ListEventsResponse> {
  const query = { filter: parseFilter(request.filter), ...parsePageQuery(request) };
  const { events, nextPageToken } = await eventsPage(repository, query, signal);
  return { events: events.map(eventToWire), nextPageToken, staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0) };
}
