import type { Alert } from './browser/api-types.ts';

/** An alert for tests, the younger the higher its number: of detector A, and open where nothing else is given. */
export const madeUpAlert = (number: number, given: Partial<Alert> = {}): Alert => ({
  ...{ id: String(number), cause: 'detector_silent', subject: 'A', state: 'open', detail: 'no status for 11 min' },
  opened_at: '2026-03-01T08:00:00.000Z',
  ...{ acknowledged_by: null, acknowledged_at: null, note: null, closed_at: null, closed_detail: null },
  ...given,
});
