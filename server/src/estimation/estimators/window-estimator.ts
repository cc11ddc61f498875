import { type Estimate, noEstimate, statusOf } from '../estimate.ts';
import type { LinkEstimator } from '../link-estimator.ts';
import type { Match } from '../match.ts';
import { RecentMatches } from '../recent-matches.ts';
import { mean } from './quantile.ts';

/** What a published rule makes of the travel times of the matches it sees: a value, and the times that it is made of. */
export interface RuleResult {
  readonly travelTimeS: number;
  readonly used: readonly number[];
}

/** A published rule: sees all matches of the last hour, at a time. Undefined: no value now. */
export type Rule = (recent: RecentMatches, timeMs: number) => RuleResult | undefined;

const normal90 = 1.645;

/**
 * A published estimator. Between its values it holds the last one, as they all do; unlike them it says how old that is. The interval is
 * the ordinary one of a mean.
 */
export class WindowEstimator implements LinkEstimator {
  readonly #rule: Rule;
  readonly #recent = new RecentMatches();
  #last: RuleResult | undefined;

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  add(match: Match): void {
    this.#recent.add(match);
  }

  remove(match: Match): void {
    this.#recent.remove(match);
  }

  estimateAt(timeMs: number): Estimate {
    this.#recent.forget(timeMs);
    this.#last = this.#rule(this.#recent, timeMs) ?? this.#last;
    const ageS = this.#recent.ageS(timeMs);
    const status = statusOf(this.#last?.used.length ?? 0, ageS);
    if (this.#last === undefined || status === 'no_data') return { ...noEstimate, ageS };
    const { travelTimeS, used } = this.#last;
    const error = normal90 * standardError(used);
    return {
      travelTimeS,
      lowerS: travelTimeS - error,
      upperS: travelTimeS + error,
      samples: used.length,
      status,
      ageS,
    };
  }
}

function standardError(values: readonly number[]): number {
  if (values.length < 2) return (values[0] ?? 0) / 2;
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}
