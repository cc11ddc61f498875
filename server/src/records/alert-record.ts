import type { Alert, AlertCause, AlertState } from '@tdc/shared/generated/tdc/v1/alert.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { causeToWire, stateToWire } from '../query/alert-wire.ts';
import { isoTime } from './iso-time.ts';

const causeNames = new Map<AlertCause, string>(Object.entries(causeToWire).map(([name, wire]) => [wire, name]));
const stateNames = new Map<AlertState, string>(Object.entries(stateToWire).map(([name, wire]) => [wire, name]));

export const causeName = (cause: AlertCause): string => causeNames.get(cause) ?? `cause ${cause}`;
export const alertStateName = (state: AlertState): string => stateNames.get(state) ?? `state ${state}`;

const timeOrNull = (ns: bigint): string | null => (ns === 0n ? null : isoTime(msFromNs(ns)));

/** An alert for programs. */
export const alertRecord = (alert: Alert) => ({
  id: alert.id,
  cause: causeName(alert.cause),
  subject: alert.subject,
  state: alertStateName(alert.state),
  opened_at: isoTime(msFromNs(alert.openedAtNs)),
  detail: alert.detail,
  acknowledged_by: alert.acknowledgedBy === '' ? null : alert.acknowledgedBy,
  acknowledged_at: timeOrNull(alert.acknowledgedAtNs),
  note: alert.note === '' ? null : alert.note,
  closed_at: timeOrNull(alert.closedAtNs),
  closed_detail: alert.closedDetail === '' ? null : alert.closedDetail,
});
