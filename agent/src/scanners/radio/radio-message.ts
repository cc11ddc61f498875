import type { AddressType } from '@tdc/shared/address-class.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Sighting } from '../../sighting.ts';

/** The kinds of sightings of one process: each hears with one sort of radio. */
export type RadioKind = 'ble' | 'classic' | 'wifi';

/** What the process at the radio tells the agent, a line of JSON each. */
export type RadioMessage =
  /**
   * It hears, and these are all that it has heard until then, in the order of their times: comes every second at least, so that it also tells that
   * the process lives. Times are whole milliseconds of the monotonic clock, which is one for all processes.
   */
  | { readonly type: 'heard'; readonly untilMs: number; readonly sightings: readonly Sighting[] }
  /** So many frames could not be read, or had no room; the last of them in words without any address. */
  | { readonly type: 'malformed'; readonly count: number; readonly problem: string }
  /** It hears less than it could; nothing keeps it from that any more when the problem is empty. */
  | { readonly type: 'remark'; readonly problem: string }
  /** It ends, and wants to be started again: nothing is wrong. */
  | { readonly type: 'renew' }
  /** It ends, for this reason. */
  | { readonly type: 'failed'; readonly problem: string };

/** Bytes of a line at most. */
export const messageBytesMax = 65_536;
/** Sightings of one message at most; each takes less than 60 bytes. */
export const sightingsMax = 1000;
/** Characters of a problem at most. */
const problemLengthMax = 500;

const addressTypes: readonly AddressType[] = ['public', 'random', 'unknown'];
const addressPattern = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/** Without the end of line. */
export function encodeRadioMessage(message: RadioMessage): string {
  if (message.type !== 'heard') return JSON.stringify(message);
  const rows = message.sightings.map(({ timeMs, address, addressType, rssiDbm, deviceClass }) => [
    timeMs,
    address,
    addressTypes.indexOf(addressType),
    rssiDbm ?? null,
    ...(deviceClass === undefined ? [] : [deviceClass]),
  ]);
  return JSON.stringify({ type: 'heard', until: message.untilMs, rows });
}

/** Throws InvalidInputError, in words that never hold an address, for what no process of ours has sent. */
export function parseRadioMessage(line: string, kind: RadioKind): RadioMessage {
  const message = objectOf(line);
  const { type } = message;
  switch (type) {
    case 'renew':
      return { type };
    case 'failed':
    case 'remark':
      return { type, problem: problemOf(message) };
    case 'malformed':
      return { type, count: wholeOf(message.count, 'count', 0, Number.MAX_SAFE_INTEGER), problem: problemOf(message) };
    case 'heard':
      return { type, ...heardOf(message, kind) };
    default:
      throw bad('type: unknown');
  }
}

function heardOf(
  { until, rows }: Readonly<Record<string, unknown>>,
  kind: RadioKind,
): { readonly untilMs: number; readonly sightings: readonly Sighting[] } {
  const untilMs = wholeOf(until, 'until', 0, Number.MAX_SAFE_INTEGER);
  if (!Array.isArray(rows) || rows.length > sightingsMax) throw bad(`rows: expected up to ${sightingsMax}`);
  const sightings = rows.map((row: unknown) => sightingOf(row, kind));
  let latestMs = 0;
  for (const { timeMs } of sightings) {
    if (timeMs < latestMs || timeMs > untilMs) throw bad('time: expected the order of times, up to what is told');
    latestMs = timeMs;
  }
  return { untilMs, sightings };
}

function sightingOf(row: unknown, kind: RadioKind): Sighting {
  if (!Array.isArray(row)) throw bad('rows: expected lists');
  const [timeMs, address, typeAt, rssi, deviceClass]: readonly unknown[] = row;
  if (typeof address !== 'string' || !addressPattern.test(address)) throw bad('address: expected six octets');
  const addressType = addressTypes[wholeOf(typeAt, 'address type', 0, 2)];
  if (addressType === undefined) throw bad('address type: unknown');
  return {
    timeMs: wholeOf(timeMs, 'time', 0, Number.MAX_SAFE_INTEGER),
    kind,
    address,
    addressType,
    ...(rssi === null ? {} : { rssiDbm: wholeOf(rssi, 'rssi', -127, 20) }),
    ...(deviceClass === undefined ? {} : { deviceClass: wholeOf(deviceClass, 'device class', 0, 0xff_ff_ff) }),
  };
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The parser's message quotes the line.
    throw bad('expected JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('expected an object');
  return { ...value };
}

function problemOf({ problem }: Readonly<Record<string, unknown>>): string {
  if (typeof problem !== 'string') throw bad('problem: expected text');
  return problem.slice(0, problemLengthMax);
}

function wholeOf(value: unknown, field: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw bad(`${field}: expected a whole number from ${min} to ${max}`);
}

const bad = (problem: string): InvalidInputError => new InvalidInputError(`a message of the radio process: ${problem}`);
