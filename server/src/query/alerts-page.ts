import { isEventId } from '@tdc/shared/event-id.ts';
import { type Alert, type AlertState, stateOf } from '../alerts/alert.ts';
import type { Repository } from '../repository.ts';
import { invalid } from './filter.ts';

export interface AlertsQuery {
  /** Undefined for all. */
  readonly state: AlertState | undefined;
  /** Empty for all. */
  readonly subject: string;
  readonly pageSize: number;
  /** Empty for the first page. */
  readonly pageToken: string;
}

export interface AlertsPage {
  readonly alerts: readonly Alert[];
  readonly nextPageToken: string;
}

/** Closed alerts that one page looks at, whatever it finds. */
const scannedMax = 1000;

/** Those that are not closed, on the first page, then those that are. The token is the id of the last that was looked at. */
export async function alertsPage(
  { alerts }: Pick<Repository, 'alerts'>,
  { state, subject, pageSize, pageToken }: AlertsQuery,
  signal: AbortSignal,
): Promise<AlertsPage> {
  if (pageToken !== '' && !isEventId(pageToken)) {
    throw invalid('page_token', 'not a token: expected the next_page_token of an earlier answer');
  }
  const isWanted = (alert: Alert) =>
    (state === undefined || stateOf(alert) === state) && (subject === '' || alert.subject === subject);
  const current = pageToken === '' && state !== 'closed' ? (await alerts.current(signal)).filter(isWanted) : [];
  if (state === 'open' || state === 'acknowledged') return { alerts: current, nextPageToken: '' };
  const limit = subject === '' ? pageSize : scannedMax;
  const scanned = await alerts.closed({ limit, ...(pageToken === '' ? {} : { beforeId: pageToken }) }, signal);
  const found = scanned.filter(isWanted).slice(0, pageSize);
  const last = found.length === pageSize ? found.at(-1) : scanned.at(-1);
  const isLast = last === undefined || (scanned.length < limit && last === scanned.at(-1));
  return { alerts: [...current, ...found], nextPageToken: isLast ? '' : last.id };
}
