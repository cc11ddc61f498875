import {
  type ListEventsRequest,
  type ListEventsResponse,
  Order as WireOrder,
} from '@tdc/shared/generated/tdc/v1/query.ts';
import { eventToWire, msFromNs, nsFromMs } from '@tdc/shared/wire.ts';
import type { EventScan } from '../repository.ts';
import type { QueryContext } from './context.ts';
import { type ListQuery, mergeEvents } from './event-merge.ts';
import { invalid, parseFilter } from './filter.ts';
import { decodePageToken, encodePageToken, fingerprintOf } from './page-token.ts';

const pageSizeDefault = 100;
const pageSizeMax = 1000;

export async function listEvents(
  { repository }: QueryContext,
  request: ListEventsRequest,
  signal: AbortSignal,
): Promise<ListEventsResponse> {
  const { detectorIds, kinds, deviceId } = parseFilter(request.filter);
  const scan: ListQuery['scan'] = {
    fromMs: parseTime('from_ns', request.fromNs) ?? 0,
    toMs: parseTime('to_ns', request.toNs) ?? Number.MAX_SAFE_INTEGER,
    order: parseOrder(request.order),
    kinds,
    ...(deviceId === undefined ? {} : { deviceId }),
  };
  if (scan.fromMs > scan.toMs) {
    throw invalid('to_ns', `${request.toNs}: expected 0, or a time not before from_ns, ${request.fromNs}`);
  }
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

/** Events are kept to the millisecond: both limits round up, so that neither includes what lies before it. */
function parseTime(field: string, ns: bigint): number | undefined {
  if (ns === 0n) return undefined;
  if (ns < 0n) throw invalid(field, `${ns}: expected 0 for no limit, or Unix nanoseconds`);
  const ms = msFromNs(ns);
  return nsFromMs(ms) < ns ? ms + 1 : ms;
}

function parseOrder(order: WireOrder): EventScan['order'] {
  if (order === WireOrder.ORDER_UNSPECIFIED || order === WireOrder.ORDER_OLDEST_FIRST) return 'oldest-first';
  if (order === WireOrder.ORDER_NEWEST_FIRST) return 'newest-first';
  throw invalid('order', `${order}: expected an order from 0 to 2`);
}

function parsePageSize(pageSize: number): number {
  if (pageSize > pageSizeMax) throw invalid('page_size', `${pageSize}: expected 0 to ${pageSizeMax}`);
  return pageSize === 0 ? pageSizeDefault : pageSize;
}
