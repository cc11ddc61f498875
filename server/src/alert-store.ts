import type { Acknowledgement, Alert, Notice } from './alerts/alert.ts';
import type { Claim } from './repository.ts';

/** A read of alerts that are closed. */
export interface ClosedAlertScan {
  /** Only those with a smaller id, which were opened before; absent: from the newest on. */
  readonly beforeId?: string;
  /** 1 to 1000. */
  readonly limit: number;
}

/** Port: alerts, and the notices of them that are still to be told. */
export interface AlertStore {
  /** Those that are not closed, by id, rising. */
  current(signal: AbortSignal): Promise<readonly Alert[]>;
  /** Those that are closed, by id, falling; fewer than the limit only where there are no more. */
  closed(scan: ClosedAlertScan, signal: AbortSignal): Promise<readonly Alert[]>;
  /**
   * Stores a new alert, or a change of one that is not closed, with the notices of it, in one step: `stored`. `changed`, and nothing is done, where what
   * is there does not have the version before. Throws ClaimLostError when the claim does not hold any more.
   */
  put(claim: Claim, alert: Alert, notices: readonly Notice[], signal: AbortSignal): Promise<'stored' | 'changed'>;
  /**
   * Acknowledges an alert that is open, and resolves to how it is then. The same request again changes nothing. Throws NotFoundError when there is
   * none, PreconditionError when it is closed, or somebody else has acknowledged it.
   */
  acknowledge(id: string, acknowledgement: Acknowledgement, signal: AbortSignal): Promise<Alert>;
  /** By id, rising, at most 1000. */
  notices(signal: AbortSignal): Promise<readonly Notice[]>;
  /** Removes notices that have been told. Idempotent. Throws ClaimLostError when the claim does not hold any more. */
  removeNotices(claim: Claim, ids: readonly string[], signal: AbortSignal): Promise<void>;
  /** Removes those that were opened before a time, Unix milliseconds, and are closed. Idempotent. */
  removeClosedBefore(timeMs: number, signal: AbortSignal): Promise<void>;
}
