import type { DetectorState } from '@tdc/shared/generated/tdc/v1/query.ts';
import { msFromNs, parseDetector } from '@tdc/shared/wire.ts';
import { type DetectorHealth, healthOf } from '../query/detector-health.ts';
import { understood } from './context.ts';

/** Reads a detector's health from the server's answer. */
export function detectorHealthOf(
  { detector, status, reportedAtNs }: DetectorState,
  nowMs: number,
  silentAfterMs: number,
): DetectorHealth {
  const reported = status === undefined ? undefined : { status, reportedAtMs: msFromNs(reportedAtNs) };
  return healthOf({ detector: understood(parseDetector(detector)), reported }, nowMs, silentAfterMs);
}
