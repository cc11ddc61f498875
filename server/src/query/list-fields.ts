/** Fields that the requests for lists have in common. */
import { Order as WireOrder } from '@tdc/shared/generated/tdc/v1/query.ts';
import { msFromNs, nsFromMs } from '@tdc/shared/wire.ts';
import { invalid } from './filter.ts';

export const pageSizeDefault = 100;
export const pageSizeMax = 1000;

export interface TimeRange {
  /** Unix milliseconds, inclusive. */
  readonly fromMs: number;
  /** Unix milliseconds, exclusive. */
  readonly toMs: number;
}

/** Which part of a list, and in what order. */
export interface PageQuery {
  readonly range: TimeRange;
  readonly order: 'oldest-first' | 'newest-first';
  /** Entries at most, 1 to 1000. */
  readonly pageSize: number;
  /** Of the page before, for the same query; empty for the first page. */
  readonly pageToken: string;
}

export function parsePageQuery({
  order,
  pageSize,
  pageToken,
  ...times
}: Parameters<typeof parseTimeRange>[0] & {
  readonly order: WireOrder;
  readonly pageSize: number;
  readonly pageToken: string;
}): PageQuery {
  return { range: parseTimeRange(times), order: parseOrder(order), pageSize: parsePageSize(pageSize), pageToken };
}

/** 0 stands for no limit. */
export function parseTimeRange({ fromNs, toNs }: { readonly fromNs: bigint; readonly toNs: bigint }): TimeRange {
  const fromMs = parseTime('from_ns', fromNs) ?? 0;
  const toMs = parseTime('to_ns', toNs) ?? Number.MAX_SAFE_INTEGER;
  if (fromMs > toMs) throw invalid('to_ns', `${toNs}: expected 0, or a time not before from_ns, ${fromNs}`);
  return { fromMs, toMs };
}

/** Everything is kept to the millisecond: a limit rounds up, so that none includes what lies before it. */
export function parseTime(field: string, ns: bigint): number | undefined {
  if (ns === 0n) return undefined;
  if (ns < 0n) throw invalid(field, `${ns}: expected 0 for no limit, or Unix nanoseconds`);
  const ms = msFromNs(ns);
  return nsFromMs(ms) < ns ? ms + 1 : ms;
}

function parseOrder(order: WireOrder): 'oldest-first' | 'newest-first' {
  if (order === WireOrder.ORDER_UNSPECIFIED || order === WireOrder.ORDER_OLDEST_FIRST) return 'oldest-first';
  if (order === WireOrder.ORDER_NEWEST_FIRST) return 'newest-first';
  throw invalid('order', `${order}: expected an order from 0 to 2`);
}

export function parsePageSize(pageSize: number): number {
  if (pageSize > pageSizeMax) throw invalid('page_size', `${pageSize}: expected 0 to ${pageSizeMax}`);
  return pageSize === 0 ? pageSizeDefault : pageSize;
}
