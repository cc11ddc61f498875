import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Repository } from '../repository.ts';
import { type ListQuery, mergeEvents } from './event-merge.ts';
import type { EventFilter } from './filter.ts';
import type { PageQuery } from './list-fields.ts';
import { decodePageToken, encodePageToken, fingerprintOf } from './page-token.ts';

export interface EventsQuery extends PageQuery {
  readonly filter: EventFilter;
}

export interface EventsPage {
  readonly events: readonly DetectionEvent[];
  /** For the next page; empty when nothing is left. */
  readonly nextPageToken: string;
}

/** A page of the events that pass, of all detectors in one order. Throws InvalidInputError for a page token that is none of this query. */
export async function eventsPage(
  { events, network }: Pick<Repository, 'events' | 'network'>,
  { filter, range, order, pageSize, pageToken }: EventsQuery,
  signal: AbortSignal,
): Promise<EventsPage> {
  const { detectorIds, kinds, deviceClasses, deviceId } = filter;
  const scan: ListQuery['scan'] = {
    ...range,
    order,
    kinds,
    deviceClasses,
    ...(deviceId === undefined ? {} : { deviceId }),
  };
  const fingerprint = fingerprintOf([detectorIds, scan]);
  const after = pageToken === '' ? {} : { after: decodePageToken(fingerprint, pageToken) };
  const ids = detectorIds.length > 0 ? detectorIds : (await network.detectors(signal)).map(({ id }) => id);
  const page = await mergeEvents(events, { detectorIds: ids, scan, pageSize, ...after }, signal);
  const nextPageToken = page.next === undefined ? '' : encodePageToken(fingerprint, page.next);
  return { events: page.events, nextPageToken };
}
