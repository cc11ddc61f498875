import type { DetectorState } from '../query/detector-states.ts';

interface Report {
  readonly reportedAtMs: number;
  readonly startedAtNs: bigint;
  readonly made: bigint;
}

interface Counted {
  readonly last: Report;
  /** Undefined until another report of the same run has come. */
  readonly perMinute: number | undefined;
}

/** Events a minute of the whole network, as its agents count them: each between the last two reports of its own. */
export class EventRate {
  readonly #silentAfterMs: number;
  #counted = new Map<string, Counted>();

  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs;
  }

  /** Takes what is known of all detectors. */
  take(states: readonly DetectorState[]): void {
    const counted = new Map<string, Counted>();
    for (const { detector, reported } of states) {
      if (reported === undefined) continue;
      const { status, reportedAtMs } = reported;
      const report = { reportedAtMs, startedAtNs: status.startedAtNs, made: status.events?.made ?? 0n };
      counted.set(detector.id, next(this.#counted.get(detector.id), report));
    }
    this.#counted = counted;
  }

  /** Undefined until one detector has reported twice; those that are silent count no more. */
  perMinute(nowMs: number): number | undefined {
    const rates = [...this.#counted.values()].flatMap(({ last, perMinute }) =>
      perMinute === undefined || nowMs - last.reportedAtMs > this.#silentAfterMs ? [] : [perMinute],
    );
    return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0);
  }
}

function next(before: Counted | undefined, report: Report): Counted {
  if (before === undefined) return { last: report, perMinute: undefined };
  const { last } = before;
  if (last.reportedAtMs === report.reportedAtMs) return before;
  const isSameRun = last.startedAtNs === report.startedAtNs && report.made >= last.made;
  const minutes = (report.reportedAtMs - last.reportedAtMs) / 60_000;
  if (!isSameRun || minutes <= 0) return { last: report, perMinute: undefined };
  return { last: report, perMinute: Number(report.made - last.made) / minutes };
}
