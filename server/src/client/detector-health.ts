import type { DetectorState } from '@tdc/shared/generated/tdc/v1/query.ts';
import { type AgentStatus, ClockState, ScannerState } from '@tdc/shared/generated/tdc/v1/status.ts';
import type { Detector } from '@tdc/shared/network.ts';
import { msFromNs, parseDetector } from '@tdc/shared/wire.ts';
import { understood } from './context.ts';
import { durationText } from './times.ts';

/** How a detector is, the worst that is true: no status has come ever, or lately; it cannot hear; it can and will be in trouble. */
export type HealthWord = 'never' | 'silent' | 'failing' | 'warning' | 'ok';

export interface DetectorHealth {
  readonly detector: Detector;
  readonly word: HealthWord;
  /** Why it is not ok, for people. */
  readonly reasons: readonly string[];
  readonly contact?: {
    readonly status: AgentStatus;
    readonly reportedAtMs: number;
    /** Since then, by the server's clock. */
    readonly ageMs: number;
  };
}

const percentFullMax = 80;

/** Reads a detector's health from its agent's last status; one older than `silentAfterMs` is worth nothing. */
export function detectorHealthOf(
  { detector: wire, status, reportedAtNs }: DetectorState,
  nowMs: number,
  silentAfterMs: number,
): DetectorHealth {
  const detector = understood(parseDetector(wire));
  if (status === undefined) return { detector, word: 'never', reasons: ['no status has come yet'] };
  const reportedAtMs = msFromNs(reportedAtNs);
  const contact = { status, reportedAtMs, ageMs: Math.max(0, nowMs - reportedAtMs) };
  const silence = contact.ageMs > silentAfterMs ? [`no status for ${durationText(contact.ageMs)}`] : [];
  const failures = failuresOf(status);
  const warnings = warningsOf(status);
  const word = wordOf(silence, failures, warnings);
  return { detector, word, reasons: [...silence, ...failures, ...warnings], contact };
}

function wordOf(silence: readonly string[], failures: readonly string[], warnings: readonly string[]): HealthWord {
  if (silence.length > 0) return 'silent';
  if (failures.length > 0) return 'failing';
  return warnings.length > 0 ? 'warning' : 'ok';
}

function failuresOf({ scanners }: AgentStatus): readonly string[] {
  return scanners
    .filter(({ state }) => state === ScannerState.SCANNER_STATE_FAILED)
    .map(({ name, lastError }) => `scanner ${name} failed${lastError === '' ? '' : `: ${lastError}`}`);
}

function warningsOf({ clock, outboxBytes, outboxBytesMax }: AgentStatus): readonly string[] {
  const percentFull = outboxBytesMax === 0n ? 0 : Math.floor((Number(outboxBytes) / Number(outboxBytesMax)) * 100);
  return [
    clock === ClockState.CLOCK_STATE_UNSYNCHRONISED ? 'clock not synchronised' : '',
    percentFull >= percentFullMax ? `outbox ${percentFull} % full` : '',
  ].filter((warning) => warning !== '');
}
