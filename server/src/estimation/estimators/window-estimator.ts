import { type Estimate, statusOf, type TravelTime } from '../estimate.ts';
import type { Judgement, LinkEstimator } from '../link-estimator.ts';
import type { Match } from '../match.ts';
import { RecentMatches } from '../recent-matches.ts';
import type { LinkFacts } from './grid-filter.ts';
import { mean, quantile } from './quantile.ts';

/** What a published rule makes of the travel times of the matches it sees: a value, and the times that it is made of. */
export interface RuleResult {
  readonly travelTimeS: number;
  readonly used: readonly number[];
}

/** A published rule: sees all matches of the last hour, at a time. Undefined: no value now. */
export type Rule = (recent: RecentMatches, timeMs: number) => RuleResult | undefined;

const normal90 = 1.645;
const freeFlowQuantile = 0.15;

/**
 * A published estimator. Between its values it holds the last one, as they all do; unlike them it says how old that is. The interval is
 * the ordinary one of a mean.
 */
export class WindowEstimator implements LinkEstimator {
  readonly #rule: Rule;
  readonly #facts: LinkFacts;
  readonly #recent = new RecentMatches();
  #last: RuleResult | undefined;
  #nowMs = 0;

  constructor(rule: Rule, facts: LinkFacts) {
    this.#rule = rule;
    this.#facts = facts;
  }

  add(match: Match): void {
    this.#recent.add(match);
  }

  remove(match: Match): void {
    this.#recent.remove(match);
  }

  advanceTo(timeMs: number): void {
    this.#nowMs = timeMs;
    this.#recent.forget(timeMs);
    this.#last = this.#rule(this.#recent, timeMs) ?? this.#last;
  }

  estimate(): Estimate {
    const ageS = this.#recent.ageS(this.#nowMs);
    const samples = this.#last?.used.length ?? 0;
    const status = statusOf(samples, ageS);
    const base = { status, ...(ageS === undefined ? {} : { ageS }) };
    if (this.#last === undefined || status === 'no_data') return { ...base, samples: 0 };
    return { ...base, samples, travelTime: this.#value(this.#last) };
  }

  judge({ travelTimeS }: Match): Judgement {
    const isUsed = this.#last?.used.includes(travelTimeS) ?? false;
    return isUsed ? { weight: 1, reason: 'used' } : { weight: 0, reason: 'outlier' };
  }

  #value({ travelTimeS: meanS, used }: RuleResult): TravelTime {
    const error = normal90 * standardError(used);
    const sorted = used.toSorted((a, b) => a - b);
    const all = this.#recent.all.map(({ travelTimeS }) => travelTimeS).sort((a, b) => a - b);
    return {
      meanS,
      lowerS: meanS - error,
      upperS: meanS + error,
      fastS: Math.min(meanS, quantile(sorted, 0.1)),
      slowS: Math.max(meanS, quantile(sorted, 0.9)),
      departureS: meanS,
      freeFlowS: this.#facts.freeFlowSeconds ?? Math.min(meanS, quantile(all, freeFlowQuantile)),
    };
  }
}

function standardError(values: readonly number[]): number {
  if (values.length < 2) return (values[0] ?? 0) / 2;
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}
