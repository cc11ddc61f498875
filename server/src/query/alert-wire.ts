import {
  type Alert as WireAlert,
  AlertCause as WireCause,
  AlertState as WireState,
} from '@tdc/shared/generated/tdc/v1/alert.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import { type Alert, type AlertCause, type AlertState, stateOf } from '../alerts/alert.ts';

export const causeToWire = {
  detector_silent: WireCause.ALERT_CAUSE_DETECTOR_SILENT,
  clock_off: WireCause.ALERT_CAUSE_CLOCK_OFF,
  outbox_growing: WireCause.ALERT_CAUSE_OUTBOX_GROWING,
  drops: WireCause.ALERT_CAUSE_DROPS,
  match_rate_low: WireCause.ALERT_CAUSE_MATCH_RATE_LOW,
  travel_time_high: WireCause.ALERT_CAUSE_TRAVEL_TIME_HIGH,
  travel_time_unusual: WireCause.ALERT_CAUSE_TRAVEL_TIME_UNUSUAL,
} as const satisfies Record<AlertCause, WireCause>;

export const stateToWire = {
  open: WireState.ALERT_STATE_OPEN,
  acknowledged: WireState.ALERT_STATE_ACKNOWLEDGED,
  closed: WireState.ALERT_STATE_CLOSED,
} as const satisfies Record<AlertState, WireState>;

export function alertToWire(alert: Alert): WireAlert {
  const { id, cause, subject, openedAtMs, detail, acknowledgement, closed } = alert;
  return {
    ...{ id, subject, detail, cause: causeToWire[cause], state: stateToWire[stateOf(alert)] },
    openedAtNs: nsFromMs(openedAtMs),
    acknowledgedBy: acknowledgement?.by ?? '',
    acknowledgedAtNs: nsFromMs(acknowledgement?.atMs ?? 0),
    note: acknowledgement?.note ?? '',
    closedAtNs: nsFromMs(closed?.atMs ?? 0),
    closedDetail: closed?.detail ?? '',
  };
}
