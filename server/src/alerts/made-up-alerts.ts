import { firstEventIdAt } from '@tdc/shared/event-id.ts';
import type { Repository } from '../repository.ts';
import type { Alert } from './alert.ts';
import { alertClaimName } from './claim-name.ts';

const never = new AbortController().signal;

export const firstAlertMs = 1_700_000_000_000;

/** For tests: a detector that is silent since so many seconds after the first alert. */
export const alertAt = (second: number, given: Partial<Alert> = {}): Alert => ({
  id: firstEventIdAt(firstAlertMs + second * 1000),
  ...{ cause: 'detector_silent', subject: 'D1', openedAtMs: firstAlertMs + second * 1000 },
  ...{ detail: 'no status for 11 min', version: 1 },
  ...given,
});

export const closedOf = (alert: Alert): Alert => ({
  ...alert,
  ...{ closed: { atMs: alert.openedAtMs + 500, detail: 'it is back' }, version: alert.version + 1 },
});

/** Stores alerts as the worker does, one that is another version of an earlier one after it. */
export async function putAlerts(repository: Repository, ...alerts: readonly Alert[]): Promise<void> {
  await using session = await repository.claims.join('a worker', never);
  const claim = await session.claim(alertClaimName, never);
  if (claim === undefined) throw new Error('somebody else has the alerts');
  for (const alert of alerts) {
    const outcome = await repository.alerts.put(claim, alert, [], never);
    if (outcome !== 'stored') throw new Error(`alert ${alert.id}: ${outcome}`);
  }
}
