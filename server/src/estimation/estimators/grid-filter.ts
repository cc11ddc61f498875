import { type Estimate, statusOf, type TravelTime } from '../estimate.ts';
import type { Judgement, LinkEstimator } from '../link-estimator.ts';
import type { Match } from '../match.ts';
import { RecentMatches } from '../recent-matches.ts';
import { Reputation } from '../reputation.ts';
import { TravelTimeFilter } from '../travel-time-filter.ts';

/** The mean that is estimated is that of the drivers who arrive in this time. */
const windowS = 300;
/** So many drivers' worth is the filter's own value beside the matches of the window. */
const filterWorth = 5;
/** Matches that begin and end together are devices of one vehicle: a bus, a car full of phones. */
const togetherMs = { departed: 5000, arrived: 4000 };
/** Matches are not quite independent of each other: signals let them through in platoons. */
const dependence = 0.9;
const rotatingVoteMax = 1.5;
/** Metres a second to begin with, where nothing is known but the length. */
const usualSpeedMps = 12;
const usualSecondsDefault = 90;
/** What is usual: a low quantile of what was seen, as slow journeys are no measure of the road; and with nothing in the way. */
const usualQuantile = 0.35;
const freeFlowQuantile = 0.15;
const usualMatchesMax = 500;
/** What is usual is learned anew when so much more has been seen. */
const learnAfterShare = 0.05;
/** Standard errors to either side, and what the interval has for what no sample shows. */
const intervalWidth = 1.8;
const modelError = 0.02;
/** Drivers of whom the true mean is made, where only their order of magnitude is known. */
const driversInWindow = 25;
/** One driver in ten lies further out, in standard deviations of the normal distribution. */
const tenthSd = 1.2816;

/** What is known of a link without any match. */
export interface LinkFacts {
  readonly lengthM?: number;
  readonly freeFlowSeconds?: number;
}

/**
 * Our own estimator: the mean of the window's matches, each weighted by how likely it shows a driver who went through, and drawn
 * towards the filter's own value where matches are few. See docs/estimation.md.
 */
export class GridFilterEstimator implements LinkEstimator {
  readonly #filter: TravelTimeFilter;
  readonly #facts: LinkFacts;
  readonly #recent = new RecentMatches();
  readonly #reputation = new Reputation();
  /** Of the recent matches that have been taken, by id. */
  readonly #doubts = new Map<string, number>();
  /** Matches that are known but not yet taken into the filter. */
  #fresh: Match[] = [];
  /** ln(travel time) of the last matches: a ring. */
  readonly #usual = new Float64Array(usualMatchesMax);
  #seen = 0;
  /** How many are to be seen before what is usual is learned anew. */
  #learnAt = 1;
  #freeFlowS = Number.NaN;
  #nowMs = 0;

  constructor(facts: LinkFacts) {
    const { lengthM, freeFlowSeconds } = facts;
    const usualS = freeFlowSeconds ?? (lengthM === undefined ? usualSecondsDefault : lengthM / usualSpeedMps);
    this.#facts = facts;
    this.#filter = new TravelTimeFilter(usualS, lengthM);
  }

  add(match: Match): void {
    this.#recent.add(match);
    this.#fresh.push(match);
  }

  remove(match: Match): void {
    this.#recent.remove(match);
    this.#fresh = this.#fresh.filter(({ id }) => id !== match.id);
    this.#doubts.delete(match.id);
  }

  advanceTo(timeMs: number): void {
    this.#nowMs = timeMs;
    for (const { id } of this.#recent.forget(timeMs)) this.#doubts.delete(id);
    // Before the first match nothing is known that could grow old.
    if (this.#seen > 0) this.#filter.predict();
    if (this.#fresh.length > 0) this.#takeFresh();
  }

  estimate(): Estimate {
    const ageS = this.#recent.ageS(this.#nowMs);
    const samples = this.#recent.within(this.#nowMs, windowS);
    const status = statusOf(samples.length, ageS);
    const base = { samples: samples.length, status, ...(ageS === undefined ? {} : { ageS }) };
    return this.#seen === 0 || status === 'no_data' ? base : { ...base, travelTime: this.#value(samples) };
  }

  judge(match: Match): Judgement {
    const share = this.#share(match);
    const credence = this.#credence(match);
    const reason = credence < 0.5 ? 'unlikely' : share < 1 ? 'together' : 'used';
    return { weight: credence * share, reason };
  }

  /** How likely a match is of a driver who went through. */
  #credence({ id, travelTimeS }: Match): number {
    return this.#filter.credence(Math.log(travelTimeS), this.#doubts.get(id) ?? 0);
  }

  #takeFresh(): void {
    for (const match of this.#fresh.sort((a, b) => a.arrivedMs - b.arrivedMs || (a.id < b.id ? -1 : 1))) {
      const logTime = Math.log(match.travelTimeS);
      const journeys = match.rotating ? Math.min(rotatingVoteMax, match.weight) : 1;
      const doubt = this.#reputation.doubt(match);
      this.#reputation.note(match);
      if (doubt > 0) this.#doubts.set(match.id, doubt);
      this.#filter.update(logTime, this.#share(match) * journeys * dependence, doubt);
      this.#usual[this.#seen++ % usualMatchesMax] = logTime;
    }
    this.#fresh = [];
    if (this.#seen >= this.#learnAt) this.#learn();
  }

  #learn(): void {
    this.#learnAt = this.#seen + Math.ceil(learnAfterShare * Math.min(this.#seen, usualMatchesMax));
    const sorted = this.#usual.slice(0, Math.min(this.#seen, usualMatchesMax)).sort();
    const quantile = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
    this.#filter.setUsual(quantile(usualQuantile));
    this.#freeFlowS = Math.exp(quantile(freeFlowQuantile));
  }

  /** The part of a vehicle that a match is. */
  #share(match: Match): number {
    return 1 / Math.max(1, this.#recent.countTogether(match, togetherMs));
  }

  #value(samples: readonly Match[]): TravelTime {
    const { logMean, logSd, spread } = this.#filter.belief();
    let weights = 0;
    let squares = 0;
    let sum = 0;
    for (const match of samples) {
      const weight = this.#credence(match) * this.#share(match) * match.weight;
      weights += weight;
      squares += weight * weight;
      sum += weight * match.travelTimeS;
    }
    const worth = weights === 0 ? 0 : (weights * weights) / squares;
    // The mean of a log-normal lies above its middle; the grid's spreads overlap, so that somewhat less than half the square does.
    const ownS = Math.exp(logMean + 0.3 * spread * spread);
    const meanS = ((weights === 0 ? 0 : (worth * sum) / weights) + filterWorth * ownS) / (worth + filterWorth);
    const error = Math.sqrt(
      (spread * spread) / (worth + filterWorth) +
        (logSd * logSd) / 4 +
        modelError * modelError +
        (spread * spread) / driversInWindow,
    );
    const factor = Math.exp(intervalWidth * error);
    const driver = Math.exp(tenthSd * Math.hypot(spread, logSd));
    return {
      meanS,
      lowerS: meanS / factor,
      upperS: meanS * factor,
      fastS: meanS / driver,
      slowS: meanS * driver,
      // The present alone, where the mean is of five minutes: what is just changing shows in it first.
      departureS: ownS,
      freeFlowS: this.#facts.freeFlowSeconds ?? Math.min(this.#freeFlowS, meanS),
    };
  }
}
