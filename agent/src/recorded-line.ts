import { isKind } from '@tdc/shared/address-class.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { kinds } from '@tdc/shared/event.ts';
import { eventTimeMsMax } from '@tdc/shared/event-id.ts';
import { parse } from 'csv-parse/sync';
import type { Sighting } from './sighting.ts';

/** A line of a recording: the only form in which raw addresses are ever kept, for tests and made-up traffic. */
export interface RecordedSighting extends Sighting {
  readonly detectorId: string;
}

const columnNames = ['time_ms', 'detector', 'kind', 'address', 'address_type', 'rssi'] as const;
type ColumnName = (typeof columnNames)[number];

export const recordingHeader = columnNames.join(',');

/** Where the columns stand, as a recording's first line says. */
export interface RecordingColumns {
  readonly count: number;
  readonly at: Readonly<Record<ColumnName, number>>;
}

/** Characters of a line at most. */
export const lineCharsMax = 1000;

/** Reads the first line. Throws InvalidInputError when a column is missing; further columns are allowed. */
export function parseRecordingHeader(line: string): RecordingColumns {
  const names = fieldsOf(line.replace(/^\u{feff}/u, ''))?.map((name) => name.trim().toLowerCase()) ?? [];
  const missing = columnNames.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new InvalidInputError(`no column ${missing.join(', ')}: expected the first line ${recordingHeader}`);
  }
  const at = (name: ColumnName) => names.indexOf(name);
  return {
    count: names.length,
    at: {
      time_ms: at('time_ms'),
      detector: at('detector'),
      kind: at('kind'),
      address: at('address'),
      address_type: at('address_type'),
      rssi: at('rssi'),
    },
  };
}

/** What a line says. What is wrong with it is told without quoting it: in a broken line, an address can be anywhere. */
export interface RecordedLine {
  /** Undefined when the time is unreadable. */
  readonly timeMs: number | undefined;
  /** Undefined when the line is broken beyond telling. */
  readonly detectorId: string | undefined;
  /** `timeMs`, `kind`, ... of a line that is right. */
  readonly sighting: Sighting | undefined;
  /** Set when there is no sighting. */
  readonly problem: string;
}

const wholePattern = /^-?[0-9]{1,15}$/;
const rssiPattern = /^-?[0-9]{1,3}(?:\.[0-9]{1,6})?$/;

export function parseRecordedLine(line: string, { count, at }: RecordingColumns): RecordedLine {
  const fields = line.length > lineCharsMax ? undefined : fieldsOf(line);
  if (fields?.length !== count) {
    const problem =
      line.length > lineCharsMax
        ? `longer than ${lineCharsMax} characters`
        : fields === undefined
          ? 'quotes that do not match'
          : `${fields.length} fields, expected ${count}`;
    return { timeMs: undefined, detectorId: undefined, sighting: undefined, problem };
  }
  const field = (column: ColumnName) => fields[at[column]] ?? '';
  const timeText = field('time_ms');
  const timeMs = wholePattern.test(timeText) ? Number(timeText) : undefined;
  const parsed = timeMs === undefined ? 'time_ms: expected whole milliseconds' : sightingOf(timeMs, field);
  const isSighting = typeof parsed !== 'string';
  return {
    timeMs,
    detectorId: field('detector'),
    sighting: isSighting ? parsed : undefined,
    problem: isSighting ? '' : parsed,
  };
}

export function formatRecordedSighting(sighting: RecordedSighting): string {
  const { timeMs, detectorId, kind, address, addressType, rssiDbm } = sighting;
  return `${timeMs},${detectorId},${kind},${address},${addressType === 'unknown' ? '' : addressType},${rssiDbm ?? ''}`;
}

function sightingOf(timeMs: number, field: (column: ColumnName) => string): Sighting | string {
  const kind = field('kind');
  const addressType = field('address_type') || 'unknown';
  const rssi = field('rssi');
  if (!isKind(kind)) return `kind: expected ${kinds.join(', ')}`;
  if (addressType !== 'public' && addressType !== 'random' && addressType !== 'unknown') {
    return 'address_type: expected public, random, unknown or nothing';
  }
  if (rssi !== '' && !rssiPattern.test(rssi)) return 'rssi: expected dBm or nothing';
  if (Math.abs(timeMs) > eventTimeMsMax) return 'time_ms: too far from 1970';
  return {
    timeMs,
    kind,
    address: field('address'),
    addressType,
    ...(rssi === '' ? {} : { rssiDbm: Math.round(Number(rssi)) }),
  };
}

/** The fields of one line; undefined when its quotes do not match. Each line stands alone, so that a stray quote costs one line. */
function fieldsOf(line: string): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  try {
    const [fields]: string[][] = parse(line, { relax_column_count: true });
    return fields;
  } catch {
    // The parser's message quotes the line.
    return undefined;
  }
}
