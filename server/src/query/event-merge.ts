import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { EventPosition, EventScan, EventStore } from '../repository.ts';
import type { ListPosition } from './page-token.ts';

/** Scans that run at the same time. */
const scansAtOnce = 16;
/** Scans of one page at most beyond the first of each detector: what a page may cost when few events pass the filter. */
const furtherScansMax = 64;
/** Events to read ahead of one detector at least, where many share a page. */
const scanLimitMin = 16;
/** Before and behind every device of an event id: device ids are hexadecimal. */
const beforeEveryDevice = '';
const behindEveryDevice = '~';

/** What to list; the detectors rise and are distinct. */
export interface ListQuery {
  readonly detectorIds: readonly string[];
  readonly scan: Pick<EventScan, 'fromMs' | 'toMs' | 'order' | 'kinds' | 'deviceClasses' | 'deviceId'>;
  readonly pageSize: number;
  /** Continue behind this position. */
  readonly after?: ListPosition;
}

export interface ListPage {
  readonly events: readonly DetectionEvent[];
  /** Where to continue; absent when nothing is left. */
  readonly next?: ListPosition;
}

/** One detector's part of the list, read a piece at a time. */
interface Source {
  readonly detectorId: string;
  /** Read, in order; the first `listed` of them are in the page. */
  buffer: readonly DetectionEvent[];
  listed: number;
  /** Everything up to here has been read, and more may follow; absent before the first read and after the last. */
  readThrough: EventPosition | undefined;
}

/**
 * Lists the events of several detectors in one order. Each detector is read in its own order and the heads are merged. The
 * work is bounded: when the events that pass are rare, the page ends early, at the place up to which all were read.
 */
export async function mergeEvents(store: EventStore, query: ListQuery, signal: AbortSignal): Promise<ListPage> {
  const readOn = reader(store, query, signal);
  const sources: Source[] = [];
  for (let i = 0; i < query.detectorIds.length; i += scansAtOnce) {
    const ids = query.detectorIds.slice(i, i + scansAtOnce);
    sources.push(...(await Promise.all(ids.map((id) => readOn(id, startOf(id, query))))));
  }
  const before = query.scan.order === 'oldest-first' ? isBefore : (a: ListPosition, b: ListPosition) => isBefore(b, a);
  const events: DetectionEvent[] = [];
  for (let furtherScans = 0; events.length < query.pageSize; ) {
    const next = firstHead(sources, before);
    if (next === undefined) return { events };
    const { source, place } = next;
    const event = source.buffer[source.listed];
    if (event !== undefined) {
      events.push(event);
      source.listed++;
    } else if (furtherScans < furtherScansMax) {
      furtherScans++;
      Object.assign(source, await readOn(source.detectorId, source.readThrough));
    } else {
      return { events, next: place };
    }
  }
  const last = events.at(-1);
  return last !== undefined && sources.some((source) => headOf(source) !== undefined)
    ? { events, next: last }
    : { events };
}

function reader(store: EventStore, { detectorIds, scan, pageSize }: ListQuery, signal: AbortSignal) {
  const share = Math.ceil((2 * pageSize) / Math.max(1, detectorIds.length));
  const limit = Math.min(pageSize, Math.max(scanLimitMin, share));
  return async (detectorId: string, after: EventPosition | undefined): Promise<Source> => {
    const position = after === undefined ? {} : { after };
    const { events, next } = await store.scan({ ...scan, detectorId, limit, ...position }, signal);
    return { detectorId, buffer: events, listed: 0, readThrough: next };
  };
}

/** Where the next event of a source stands, or, before it is read, the last place where it cannot stand. */
function headOf({ detectorId, buffer, listed, readThrough }: Source): ListPosition | undefined {
  const event = buffer[listed];
  if (event !== undefined) return event;
  return readThrough === undefined ? undefined : { ...readThrough, detectorId };
}

function firstHead(
  sources: readonly Source[],
  before: (a: ListPosition, b: ListPosition) => boolean,
): { readonly source: Source; readonly place: ListPosition } | undefined {
  let first: { source: Source; place: ListPosition } | undefined;
  for (const source of sources) {
    const place = headOf(source);
    if (place !== undefined && (first === undefined || before(place, first.place))) first = { source, place };
  }
  return first;
}

function isBefore(a: ListPosition, b: ListPosition): boolean {
  if (a.id !== b.id) return a.id < b.id;
  if (a.detectorId !== b.detectorId) return a.detectorId < b.detectorId;
  return a.deviceId < b.deviceId;
}

/** Where a detector's part begins behind a place of the list, which may be another detector's. */
function startOf(detectorId: string, { after, scan }: ListQuery): EventPosition | undefined {
  if (after === undefined) return undefined;
  if (detectorId === after.detectorId) return { id: after.id, deviceId: after.deviceId };
  const rising = scan.order === 'oldest-first';
  const listedAlready = detectorId < after.detectorId === rising;
  return { id: after.id, deviceId: listedAlready === rising ? behindEveryDevice : beforeEveryDevice };
}
