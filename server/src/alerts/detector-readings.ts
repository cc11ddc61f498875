import { ClockState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { roughDuration } from '@tdc/shared/rough-duration.ts';
import type { DetectorState } from '../query/detector-states.ts';
import { levelOf, type Reading } from './reading.ts';
import type { AlertRules } from './rules.ts';

const minuteMs = 60_000;
/** An outbox is well again once it holds so little of what is too much. */
const outboxGoodPart = 0.5;

/** What a detector's agent had given up, when it was looked at before: undefined where that is not known. */
export type DropsBefore = (detectorId: string) => bigint | undefined;

export interface DetectorLook {
  readonly nowMs: number;
  /** Since when this is being watched without a break: silence before that was perhaps ours. */
  readonly watchingSinceMs: number;
  readonly dropsBefore: DropsBefore;
}

/** Events given up since the first day. */
export const dropsOf = ({ reported }: DetectorState): bigint =>
  (reported?.status.events?.dropped ?? []).reduce((sum, { count }) => sum + count, 0n);

/** What the last status of a detector's agent says. One that has never come says nothing: the box is not there yet. */
export function detectorReadings(state: DetectorState, rules: AlertRules, look: DetectorLook): readonly Reading[] {
  const { reported } = state;
  if (reported === undefined) return [];
  const subject = state.detector.id;
  const silentMs = look.nowMs - Math.max(reported.reportedAtMs, look.watchingSinceMs);
  const silentLimitMs = (rules.silentMinutes ?? Number.POSITIVE_INFINITY) * minuteMs;
  const isSilent = look.nowMs - reported.reportedAtMs >= Math.min(silentLimitMs, 10 * minuteMs);
  const readings: Reading[] = [];
  if (rules.silentMinutes !== undefined) {
    const age = roughDuration(Math.max(0, look.nowMs - reported.reportedAtMs));
    // While we have not watched for long enough, nobody can say.
    const level = silentMs >= silentLimitMs ? 'bad' : isSilent ? 'unknown' : 'good';
    readings.push({ cause: 'detector_silent', subject, level, detail: `no status for ${age}` });
  }
  // What a silent box said last holds no more.
  const told = isSilent ? [] : statusReadings(state, rules, look);
  return [...readings, ...told];
}

function statusReadings(state: DetectorState, rules: AlertRules, look: DetectorLook): readonly Reading[] {
  const subject = state.detector.id;
  const { clock, events } = state.reported?.status ?? {};
  const readings: Reading[] = [];
  if (rules.clockMinutes !== undefined) {
    const level = clock === ClockState.CLOCK_STATE_UNSYNCHRONISED ? 'bad' : 'good';
    readings.push({ cause: 'clock_off', subject, level, detail: 'its clock is not synchronised' });
  }
  if (rules.outboxEvents !== undefined) {
    const waiting = Number(events?.inOutbox ?? 0n);
    const level = levelOf(waiting, rules.outboxEvents * outboxGoodPart, rules.outboxEvents);
    readings.push({ cause: 'outbox_growing', subject, level, detail: `${waiting} events wait in the box` });
  }
  const before = look.dropsBefore(subject);
  if (rules.drops && before !== undefined) {
    const more = dropsOf(state) - before;
    const reasons = (events?.dropped ?? []).map(({ reason, count }) => `${reason} ${count}`).join(', ');
    const detail = more > 0n ? `${more} events were dropped (in all: ${reasons})` : 'no more events are dropped';
    readings.push({ cause: 'drops', subject, level: more > 0n ? 'bad' : 'good', detail });
  }
  return readings;
}
