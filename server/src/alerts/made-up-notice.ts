import { type Alert, type Notice, noticeOf } from './alert.ts';

const openedAtMs = 1_700_000_000_000;

/** For tests: a detector that is silent. */
export const madeUpAlert = (given: Partial<Alert> = {}): Alert => ({
  ...{ id: '01HF7YAT00000000000000000', cause: 'detector_silent', subject: 'D1' },
  ...{ openedAtMs, detail: 'no status for 11 min', version: 1 },
  ...given,
});

export const madeUpNotice = (
  channel: Notice['channel'],
  given: Partial<Alert> = {},
  event: Notice['event'] = 'opened',
): Notice => noticeOf(madeUpAlert(given), event, channel, openedAtMs);
