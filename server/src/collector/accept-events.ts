import { InvalidInputError, PreconditionError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { RejectedEvent } from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { Event as WireEvent } from '@tdc/shared/generated/tdc/v1/event.ts';
import { type Problem, parseEvent } from '@tdc/shared/wire.ts';
import { expectOwn } from '../access/own-detector.ts';
import type { Principal } from '../access/principal.ts';
import { traced } from '../tracing/tracing.ts';
import type { CollectorContext, EventTimeLimits } from './context.ts';

const batchEventsMax = 1000;
const msPerDay = 86_400_000;

export interface Recorded {
  readonly recorded: number;
  readonly rejected: RejectedEvent[];
}

/**
 * Records the good events of a batch and says what is wrong with the others. Resolves once the repository has committed
 * them. Throws InvalidInputError for a batch of a wrong size, AccessError for an event of a detector that is not the sender, PreconditionError for an unknown detector, UnavailableError
 * when the repository does not take the events; nothing of the batch is stored then, or all of it.
 */
export async function recordBatch(
  context: CollectorContext,
  sender: Principal,
  wire: readonly WireEvent[],
  signal: AbortSignal,
): Promise<Recorded> {
  if (wire.length < 1 || wire.length > batchEventsMax) {
    throw new InvalidInputError(`${wire.length} events: expected 1 to ${batchEventsMax}`, { field: 'events' });
  }
  for (const [index, { detectorId }] of wire.entries()) expectOwn(sender, `events[${index}].detector_id`, detectorId);
  const events: DetectionEvent[] = [];
  const rejected: RejectedEvent[] = [];
  const nowMs = context.clock.nowMs();
  for (const [index, message] of wire.entries()) {
    const parsed = parseEvent(message);
    const problem = parsed.ok ? problemOfTime(parsed.value, nowMs, context.eventTimes) : parsed.problem;
    if (parsed.ok && problem === undefined) events.push(parsed.value);
    else if (problem !== undefined) rejected.push({ index, ...problem });
  }
  await refuseUnknownDetector(context, wire, events, signal);
  const storing = { name: 'store events', kind: 'client', attributes: { 'tdc.events': events.length } } as const;
  await traced(context.tracing, storing, () => context.repository.events.append(events, signal));
  return { recorded: events.length, rejected };
}

function problemOfTime(event: DetectionEvent, nowMs: number, limits: EventTimeLimits): Problem | undefined {
  const { referenceTimeMs } = event;
  const { ageDaysMax, aheadSecondsMax } = limits;
  if (referenceTimeMs < nowMs - ageDaysMax * msPerDay) {
    return timeProblem(referenceTimeMs, nowMs, `expected at most ${ageDaysMax} days in the past`);
  }
  if (referenceTimeMs > nowMs + aheadSecondsMax * 1000) {
    return timeProblem(referenceTimeMs, nowMs, `expected at most ${aheadSecondsMax} seconds in the future`);
  }
  return undefined;
}

const timeProblem = (timeMs: number, nowMs: number, expected: string): Problem => ({
  field: 'reference_time_ns',
  message: `${isoTime(timeMs)} while the server's clock says ${isoTime(nowMs)}: ${expected}`,
});

/** Times of events can lie beyond the last date that there is. */
const isoTime = (ms: number): string => (ms > 8.64e15 ? `${ms} ms` : new Date(ms).toISOString());

async function refuseUnknownDetector(
  { detectors }: CollectorContext,
  wire: readonly WireEvent[],
  events: readonly DetectionEvent[],
  signal: AbortSignal,
): Promise<void> {
  const unknown = await detectors.firstUnknown(events, signal);
  if (unknown === undefined) return;
  const index = wire.findIndex(({ detectorId }) => detectorId === unknown);
  throw new PreconditionError(`detector ${unknown} is not in the network: add it with \`tdc network apply\``, {
    field: `events[${index}].detector_id`,
  });
}
