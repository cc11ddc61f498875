import type { ListEventsRequest, ListEventsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { eventToWire, nsFromMs } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { type ListQuery, mergeEvents } from './event-merge.ts';
import { parseFilter } from './filter.ts';
import { parseOrder, parsePageSize, parseTimeRange } from './list-fields.ts';
import { decodePageToken, encodePageToken, fingerprintOf } from './page-token.ts';

export async function listEvents(
  { repository }: QueryContext,
  request: ListEventsRequest,
  signal: AbortSignal,
): Promise<ListEventsResponse> {
  const { detectorIds, kinds, deviceClasses, deviceId } = parseFilter(request.filter);
  const scan: ListQuery['scan'] = {
    ...parseTimeRange(request),
    order: parseOrder(request.order),
    kinds,
    deviceClasses,
    ...(deviceId === undefined ? {} : { deviceId }),
  };
  const pageSize = parsePageSize(request.pageSize);
  const fingerprint = fingerprintOf([detectorIds, scan]);
  const after = request.pageToken === '' ? {} : { after: decodePageToken(fingerprint, request.pageToken) };
  const ids = detectorIds.length > 0 ? detectorIds : (await repository.network.detectors(signal)).map(({ id }) => id);
  const page = await mergeEvents(repository.events, { detectorIds: ids, scan, pageSize, ...after }, signal);
  return {
    events: page.events.map(eventToWire),
    nextPageToken: page.next === undefined ? '' : encodePageToken(fingerprint, page.next),
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  };
}
