import { type Estimate, noEstimate, statusOf } from '../estimate.ts';
import type { LinkEstimator } from '../link-estimator.ts';
import type { Match } from '../match.ts';
import { RecentMatches } from '../recent-matches.ts';
import { TravelTimeFilter } from '../travel-time-filter.ts';

/** The mean that is estimated is that of the drivers who arrive in this time. */
const windowS = 300;
/** So many drivers' worth is the filter's own value beside the matches of the window. */
const filterWorth = 5;
/** Matches that begin and end together are devices of one vehicle: a bus, a car full of phones. */
const togetherDepartedMs = 5000;
const togetherArrivedMs = 4000;
/** Matches are not quite independent of each other: signals let them through in platoons. */
const dependence = 0.9;
const rotatingVoteMax = 1.5;
/** A device's last match on any link counts for what to think of the next, for so long. */
const reputationMs = 1_800_000;
const reputationGood = 0.75;
const doubtMax = 0.85;
/** Metres a second to begin with, where nothing is known but the length. */
const usualSpeedMps = 12;
const usualSecondsDefault = 90;
/** What is usual: a low quantile of what was seen, as slow journeys are no measure of the road. */
const usualQuantile = 0.35;
const usualMatchesMax = 500;
/** Standard errors to either side, and what the interval has for what no sample shows. */
const intervalWidth = 1.8;
const modelError = 0.02;
/** Drivers of whom the true mean is made, where only their order of magnitude is known. */
const driversInWindow = 25;

/** What was seen of devices on all links: shared by the estimators of a network. */
export class Reputations {
  readonly #devices = new Map<string, { readonly arrivedMs: number; readonly credence: number }>();

  /** 0 for a device that nothing speaks against. */
  doubt({ device, departedMs }: Match): number {
    const last = this.#devices.get(device);
    if (last === undefined || departedMs - last.arrivedMs >= reputationMs) return 0;
    return Math.min(doubtMax, Math.max(0, reputationGood - last.credence));
  }

  note({ device, arrivedMs }: Match, credence: number): void {
    this.#devices.delete(device);
    this.#devices.set(device, { arrivedMs, credence });
    for (const [key, last] of this.#devices) {
      if (last.arrivedMs > arrivedMs - reputationMs) return;
      this.#devices.delete(key);
    }
  }
}

/**
 * Our own estimator: the mean of the window's matches, each weighted by how likely it shows a driver who went through, and drawn
 * towards the filter's own value where matches are few. See docs/estimation.md.
 */
export class GridFilterEstimator implements LinkEstimator {
  readonly #filter: TravelTimeFilter;
  readonly #reputations: Reputations;
  readonly #recent = new RecentMatches();
  /** Matches that are known but not yet taken into the filter. */
  #fresh: Match[] = [];
  readonly #doubts = new Map<string, number>();
  #usual: number[] = [];
  #seen = 0;

  constructor(reputations: Reputations, lengthM: number | undefined) {
    this.#reputations = reputations;
    this.#filter = new TravelTimeFilter(lengthM === undefined ? usualSecondsDefault : lengthM / usualSpeedMps, lengthM);
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

  estimateAt(timeMs: number): Estimate {
    this.#filter.predict();
    this.#recent.forget(timeMs);
    for (const match of this.#fresh.sort((a, b) => a.arrivedMs - b.arrivedMs || (a.id < b.id ? -1 : 1)))
      this.#take(match);
    if (this.#fresh.length > 0) this.#learnUsual();
    this.#fresh = [];
    const ids = new Set(this.#recent.all.map(({ id }) => id));
    for (const id of this.#doubts.keys()) if (!ids.has(id)) this.#doubts.delete(id);
    const ageS = this.#recent.ageS(timeMs);
    const samples = this.#recent.within(timeMs, windowS);
    const status = statusOf(samples.length, ageS);
    if (this.#seen === 0 || status === 'no_data') return { ...noEstimate, ageS };
    return { ...this.#value(samples), samples: samples.length, status, ageS };
  }

  #take(match: Match): void {
    const logTime = Math.log(match.travelTimeS);
    const doubt = this.#reputations.doubt(match);
    this.#doubts.set(match.id, doubt);
    this.#reputations.note(match, this.#filter.credence(logTime, doubt));
    this.#usual.push(logTime);
    const journeys = match.rotating ? Math.min(rotatingVoteMax, match.weight) : 1;
    this.#filter.update(logTime, this.#share(match) * journeys * dependence, doubt);
    this.#seen++;
  }

  #learnUsual(): void {
    this.#usual = this.#usual.slice(-usualMatchesMax);
    const usual = this.#usual.toSorted((a, b) => a - b)[Math.floor(this.#usual.length * usualQuantile)];
    if (usual !== undefined) this.#filter.setUsual(usual);
  }

  /** The part of a vehicle that a match is. */
  #share(match: Match): number {
    const together = this.#recent.all.filter(
      (other) =>
        Math.abs(other.arrivedMs - match.arrivedMs) <= togetherArrivedMs &&
        Math.abs(other.departedMs - match.departedMs) <= togetherDepartedMs,
    );
    return 1 / Math.max(1, together.length);
  }

  #value(samples: readonly Match[]): Pick<Estimate, 'travelTimeS' | 'lowerS' | 'upperS'> {
    const { logMean, logSd, spread } = this.#filter.belief();
    let weights = 0;
    let squares = 0;
    let sum = 0;
    for (const match of samples) {
      const credence = this.#filter.credence(Math.log(match.travelTimeS), this.#doubts.get(match.id) ?? 0);
      const weight = credence * this.#share(match) * match.weight;
      weights += weight;
      squares += weight * weight;
      sum += weight * match.travelTimeS;
    }
    const worth = weights === 0 ? 0 : (weights * weights) / squares;
    // The mean of a log-normal lies above its middle; the grid's spreads overlap, so that somewhat less than half the square does.
    const ownS = Math.exp(logMean + 0.3 * spread * spread);
    const travelTimeS = ((weights === 0 ? 0 : (worth * sum) / weights) + filterWorth * ownS) / (worth + filterWorth);
    const error = Math.sqrt(
      (spread * spread) / (worth + filterWorth) +
        (logSd * logSd) / 4 +
        modelError * modelError +
        (spread * spread) / driversInWindow,
    );
    const factor = Math.exp(intervalWidth * error);
    return { travelTimeS, lowerS: travelTimeS / factor, upperS: travelTimeS * factor };
  }
}
