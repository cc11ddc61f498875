import { type Match, MatchReason } from '@tdc/shared/generated/tdc/v1/query.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { isoTime } from './iso-time.ts';

/** How a match counted. */
export const matchReasons = ['used', 'together', 'unlikely', 'outlier'] as const;
type Reason = (typeof matchReasons)[number];

const reasonNames = new Map<MatchReason, Reason>([
  [MatchReason.MATCH_REASON_USED, 'used'],
  [MatchReason.MATCH_REASON_TOGETHER, 'together'],
  [MatchReason.MATCH_REASON_UNLIKELY, 'unlikely'],
  [MatchReason.MATCH_REASON_OUTLIER, 'outlier'],
]);

export const matchReasonName = ({ reason }: Match): string => reasonNames.get(reason) ?? `reason ${reason}`;

/** A match for programs. */
export const matchRecord = (match: Match) => ({
  departed: isoTime(msFromNs(match.departedNs)),
  arrived: isoTime(msFromNs(match.arrivedNs)),
  travel_seconds: match.travelSeconds,
  rotating: match.rotating,
  weight: match.weight,
  // This server makes no others.
  reason: matchReasonName(match) as Reason,
});
export type MatchRecord = ReturnType<typeof matchRecord>;

/** Its fields, in the order of columns. */
export const matchFields = ['departed', 'arrived', 'travel_seconds', 'rotating', 'weight', 'reason'];
