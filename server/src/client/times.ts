import { InvalidInputError } from '@tdc/shared/errors.ts';
import { parseTime } from '@tdc/shared/time-text.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { isoTime } from '../records/iso-time.ts';
import type { ClientContext } from './context.ts';

const two = (value: number): string => String(Math.trunc(value)).padStart(2, '0');

/** ISO 8601 for people: local time with its offset, or UTC. */
export function timeText(timeMs: number, { utc }: { readonly utc: boolean }): string {
  const time = new Date(timeMs);
  if (utc) return time.toISOString();
  const offsetMinutes = -time.getTimezoneOffset();
  const local = new Date(timeMs + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(offsetMinutes);
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}

/** A time of the contract for people; empty for 0, which is none. */
export const timeTextOfNs = (timeNs: bigint, config: { readonly utc: boolean }): string =>
  timeNs === 0n ? '' : timeText(msFromNs(timeNs), config);

/** The same for programs. */
export const isoOfNs = (timeNs: bigint): string | null => (timeNs === 0n ? null : isoTime(msFromNs(timeNs)));

/** Seconds for people: `48 s`, `1:32`, `1:02:07`. */
export function secondsText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A time of a flag, Unix milliseconds. Throws InvalidInputError for what is none, or before 1970. */
export function timeFlag({ clock }: Pick<ClientContext, 'clock'>, field: string, text: string): number {
  const timeMs = parseTime(text, { nowMs: clock.nowMs(), field });
  if (timeMs >= 0) return timeMs;
  throw new InvalidInputError(`${field} ${text}: expected a time since 1970`, { field });
}

/** A time range of flags; 0 for no limit. Throws InvalidInputError for one that is none. */
export function timeRangeFlags(
  context: Pick<ClientContext, 'clock'>,
  { from, to }: { readonly from?: string; readonly to?: string },
): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = from === undefined ? 0 : timeFlag(context, '--from', from);
  const toMs = to === undefined ? 0 : timeFlag(context, '--to', to);
  if (to !== undefined && fromMs > toMs) {
    throw new InvalidInputError(`--to ${to}: expected a time that is not before --from ${from}`, { field: '--to' });
  }
  return { fromMs, toMs };
}
