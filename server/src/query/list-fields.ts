/** Fields that the requests for lists have in common. */
import { Order as WireOrder } from '@tdc/shared/generated/tdc/v1/query.ts';
import { msFromNs, nsFromMs } from '@tdc/shared/wire.ts';
import { invalid } from './filter.ts';

const pageSizeDefault = 100;
const pageSizeMax = 1000;

export interface TimeRange {
  /** Unix milliseconds, inclusive. */
  readonly fromMs: number;
  /** Unix milliseconds, exclusive. */
  readonly toMs: number;
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

export function parseOrder(order: WireOrder): 'oldest-first' | 'newest-first' {
  if (order === WireOrder.ORDER_UNSPECIFIED || order === WireOrder.ORDER_OLDEST_FIRST) return 'oldest-first';
  if (order === WireOrder.ORDER_NEWEST_FIRST) return 'newest-first';
  throw invalid('order', `${order}: expected an order from 0 to 2`);
}

export function parsePageSize(pageSize: number): number {
  if (pageSize > pageSizeMax) throw invalid('page_size', `${pageSize}: expected 0 to ${pageSizeMax}`);
  return pageSize === 0 ? pageSizeDefault : pageSize;
}
