import type { Database, Statement } from 'better-sqlite3';
import type { EventPosition, EventScan, EventScanResult } from '../../repository.ts';
import { eventBoundAt } from './event-bound.ts';
import { deviceClassMask, type EventRow, eventColumns, eventOfRow, kindMask } from './event-row.ts';

/** Rows that one scan looks at when it filters, so that a rare device cannot hold up everything else. */
const examinedRowsMax = 5000;

interface Range {
  readonly detectorId: string;
  /** Positions at both ends, themselves not included; the empty device is before every device. */
  readonly lowId: string;
  readonly lowDevice: string;
  readonly highId: string;
  readonly highDevice: string;
}

interface Filter {
  readonly kindMask: number;
  readonly deviceClassMask: number;
  readonly deviceId: string | null;
}

interface Direction {
  readonly all: Statement<[Range & { limit: number }], EventRow>;
  readonly filtered: Statement<[Range & Filter & { limit: number; examined: number }], EventRow>;
  readonly nth: Statement<[Range & { n: number }], EventPosition>;
}

/** Reads one detector's events in the order of the primary key. */
export class EventScanner {
  readonly #oldestFirst: Direction;
  readonly #newestFirst: Direction;

  constructor(database: Database) {
    this.#oldestFirst = direction(database, 'ASC');
    this.#newestFirst = direction(database, 'DESC');
  }

  scan(scan: EventScan): EventScanResult {
    const { all, filtered, nth } = scan.order === 'oldest-first' ? this.#oldestFirst : this.#newestFirst;
    const range = rangeOf(scan);
    const { kinds, deviceClasses = [], deviceId } = scan;
    if (kinds.length === 0 && deviceClasses.length === 0 && deviceId === undefined) {
      return page(all.all({ ...range, limit: scan.limit + 1 }), scan.limit);
    }
    const examined = examinedRowsMax;
    const filter = {
      kindMask: kindMask(kinds),
      deviceClassMask: deviceClassMask(deviceClasses),
      deviceId: deviceId ?? null,
    };
    const found = page(filtered.all({ ...range, ...filter, examined, limit: scan.limit + 1 }), scan.limit);
    if (found.next !== undefined) return found;
    const next = nth.get({ ...range, n: examined - 1 });
    return next === undefined ? found : { events: found.events, next };
  }
}

function direction(database: Database, order: 'ASC' | 'DESC'): Direction {
  const columns = eventColumns.join(', ');
  const rows = `FROM events WHERE detector_id = :detectorId
    AND (id, device_id) > (:lowId, :lowDevice) AND (id, device_id) < (:highId, :highDevice)
    ORDER BY id ${order}, device_id ${order}`;
  const prepareRows = <P extends object>(sql: string) => database.prepare<[P], EventRow>(sql).raw();
  return {
    all: prepareRows(`SELECT ${columns} ${rows} LIMIT :limit`),
    filtered: prepareRows(
      `SELECT ${columns} FROM (SELECT ${columns} ${rows} LIMIT :examined)
       WHERE (1 << kind) & :kindMask AND (1 << ifnull(device_class, 0)) & :deviceClassMask
         AND (:deviceId IS NULL OR device_id = :deviceId OR previous_device_id = :deviceId)
       ORDER BY id ${order}, device_id ${order} LIMIT :limit`,
    ),
    nth: database.prepare(`SELECT id, device_id AS deviceId ${rows} LIMIT 1 OFFSET :n`),
  };
}

function rangeOf({ detectorId, fromMs, toMs, order, after }: EventScan): Range {
  const range = { detectorId, lowId: eventBoundAt(fromMs), lowDevice: '', highId: eventBoundAt(toMs), highDevice: '' };
  if (after === undefined) return range;
  if (order === 'oldest-first') {
    return after.id < range.lowId ? range : { ...range, lowId: after.id, lowDevice: after.deviceId };
  }
  return after.id >= range.highId ? range : { ...range, highId: after.id, highDevice: after.deviceId };
}

/** The statement asked for one row more than the limit: when it comes, the last one within the limit is where to go on. */
function page(rows: readonly EventRow[], limit: number): EventScanResult {
  const events = rows.slice(0, limit).map(eventOfRow);
  const last = events.at(-1);
  if (rows.length <= limit || last === undefined) return { events };
  return { events, next: { id: last.id, deviceId: last.deviceId } };
}
