/**
 * What is believed of the present travel time of a link: a probability for each of a grid of (logarithm of the typical travel time,
 * spread of drivers around it). A hidden Markov model on a grid (Rabiner 1989; Kitagawa 1987 for non-Gaussian state spaces): each
 * minute the belief is spread out, each match sharpens it.
 */

/** Logarithms of seconds: 4 % from one point of the grid to the next, from 8 s to more than an hour. */
const step = 0.04;
const first = Math.log(8);
const points = Math.ceil((Math.log(4000) - first) / step);
/** Standard deviations of ln(travel time) among the drivers of one moment: from a free freeway to a road with signals. */
const spreads = [0.06, 0.11, 0.18, 0.28, 0.42] as const;
const states = points * spreads.length;
const logTimes = Float64Array.from({ length: points }, (_, i) => first + i * step);

/** Standard deviation of the change of ln(travel time) in a minute: 4 %, a third in an hour of random walk. */
const driftPerMinute = 0.04;
/** Chance in a minute that the road has become another one: a crash, a closed lane, a cleared jam; once in four hours. */
const jumpPerMinute = 0.004;
/** Chance in a minute that the spread goes to the next one. */
const respreadPerMinute = 0.02;
/** After a jump: around the usual level and somewhat above it, and anywhere with a small chance. */
const jumpMean = 0.25;
const jumpSpread = 0.4;
const jumpAnywhere = 0.03;

/** Share of matches of journeys with a stop or of slow vehicles (buses, bicycles), and what they take longer by, as ln. */
const slowShare = 0.12;
const slowMean = 0.8;
const slowSpread = 0.4;
/** Share of matches that say nothing of this road, and their density over ln(travel time): even over four units. */
const strangeShare = 0.08;
const strangeDensity = 0.25;
/** Spread of ln(travel time) on a street, where the road's own is not asked for. */
const streetSpread = 0.25;
const ordinaryShare = 1 - slowShare - strangeShare;

/** Share of matches of people on foot, who go at 1.3 m/s whatever the road is like (Weidmann 1993), and the spread of ln(speed). */
const walkShare = 0.04;
const walkSpeedMps = 1.3;
const walkSpread = 0.25;

const kernelReach = Math.ceil((3 * driftPerMinute) / step);
const kernel = normalised(
  Float64Array.from({ length: 2 * kernelReach + 1 }, (_, i) => bell((i - kernelReach) * step, driftPerMinute)),
);

export interface Belief {
  /** Mean and standard deviation of ln(typical travel time in seconds). */
  readonly logMean: number;
  readonly logSd: number;
  /** Expected spread of drivers. */
  readonly spread: number;
}

export class TravelTimeFilter {
  readonly #p: Float64Array;
  #jump: Float64Array;

  readonly #walkLogTime: number | undefined;

  /** Begins around a usual travel time, in seconds; a length in metres tells what walkers take. */
  constructor(usualS: number, lengthM?: number) {
    this.#walkLogTime = lengthM === undefined ? undefined : Math.log(lengthM / walkSpeedMps);
    this.#jump = jumpTo(Math.log(usualS));
    this.#p = this.#jump.slice();
  }

  /** What is usual has become known better. */
  setUsual(logTime: number): void {
    this.#jump = jumpTo(logTime);
  }

  /** A minute passes. */
  predict(): void {
    const drifted = new Float64Array(states);
    for (let at = 0; at < states; at++) {
      const p = this.#p[at] ?? 0;
      if (p < 1e-12) continue;
      const row = at - (at % points);
      for (let k = 0; k < kernel.length; k++) {
        const to = row + Math.min(points - 1, Math.max(0, (at % points) + k - kernelReach));
        drifted[to] = (drifted[to] ?? 0) + p * (kernel[k] ?? 0);
      }
    }
    const last = states - points;
    const stays = 1 - jumpPerMinute;
    for (let at = 0; at < states; at++) {
      const own = drifted[at] ?? 0;
      const below = at >= points ? (drifted[at - points] ?? 0) : own;
      const above = at < last ? (drifted[at + points] ?? 0) : own;
      const mixed = own * (1 - respreadPerMinute) + ((below + above) * respreadPerMinute) / 2;
      this.#p[at] = mixed * stays + jumpPerMinute * (this.#jump[at] ?? 0);
    }
  }

  /**
   * A match says ln(travel time), with so much of a vote (0 to 1.5). Doubt, 0 to 1, is the chance that this device does not show what
   * a driver needs, from what is known of it otherwise.
   */
  update(logTime: number, vote: number, doubt: number): void {
    const shares = sharesOf(doubt, this.#walkDensity(logTime));
    const place = placeOf(logTime);
    let sum = 0;
    for (let at = 0; at < states; at++) {
      const likelihood = ordinary(at, place, shares) + others(at, place, shares);
      const p = (this.#p[at] ?? 0) * likelihood ** vote;
      this.#p[at] = p;
      sum += p;
    }
    for (let at = 0; at < states; at++) this.#p[at] = (this.#p[at] ?? 0) / sum;
  }

  /** The chance that a match with this ln(travel time) is of a driver who went through. */
  credence(logTime: number, doubt: number): number {
    const shares = sharesOf(doubt, this.#walkDensity(logTime));
    const place = placeOf(logTime);
    let through = 0;
    let all = 0;
    for (let at = 0; at < states; at++) {
      const p = this.#p[at] ?? 0;
      if (p < 1e-9) continue;
      const driver = p * ordinary(at, place, shares);
      through += driver;
      all += driver + p * others(at, place, shares);
    }
    return all === 0 ? 0 : through / all;
  }

  #walkDensity(logTime: number): number {
    return this.#walkLogTime === undefined ? 0 : walkShare * density(logTime - this.#walkLogTime, walkSpread);
  }

  belief(): Belief {
    let mean = 0;
    let square = 0;
    let spread = 0;
    for (let at = 0; at < states; at++) {
      const p = this.#p[at] ?? 0;
      const logTime = logTimes[at % points] ?? 0;
      mean += p * logTime;
      square += p * logTime * logTime;
      spread += p * (spreads[Math.floor(at / points)] ?? 0);
    }
    return { logMean: mean, logSd: Math.sqrt(Math.max(0, square - mean * mean)), spread };
  }
}

interface Shares {
  readonly ordinary: number;
  readonly slow: number;
  /** Density of all that does not depend on the state of the road. */
  readonly elsewhere: number;
}

function sharesOf(doubt: number, walkDensity: number): Shares {
  return {
    ordinary: ordinaryShare * (1 - doubt),
    slow: slowShare + 0.6 * ordinaryShare * doubt,
    elsewhere: (strangeShare + 0.4 * ordinaryShare * doubt) * strangeDensity + walkDensity,
  };
}

/** How likely a journey is of a driver who went through, if drivers differ as they do on streets, by its ln(travel time) over theirs. */
export function credenceBeside(logRatio: number): number {
  const driver = ordinaryShare * density(logRatio, streetSpread);
  return driver / (driver + slowShare * density(logRatio - slowMean, slowSpread) + strangeShare * strangeDensity);
}

/** A time is taken to an eighth of a step, so that densities can be looked up. */
const fineness = 8;
const offsets = 2 * points * fineness;
/** Densities of ln(travel time) by its offset from a point of the grid: of each spread, and of the slow. */
const ordinaryTables = spreads.map((spread) => tableOf((offset) => density(offset, spread)));
const slowTable = tableOf((offset) => density(offset - slowMean, slowSpread));

function tableOf(value: (offset: number) => number): Float64Array {
  return Float64Array.from({ length: offsets + 1 }, (_, i) => value(((i - offsets / 2) * step) / fineness));
}

/** Where the offset of a time from the first point of the grid is in the tables; that from point i is i * fineness before it. */
function placeOf(logTime: number): number {
  const fine = Math.round(((logTime - first) / step) * fineness);
  return Math.min(points * fineness - 1, Math.max(0, fine)) + offsets / 2;
}

/** Densities of a match in a state: of a driver who went through, and of everything else. */
function ordinary(at: number, place: number, shares: Shares): number {
  const table = ordinaryTables[Math.floor(at / points)];
  return shares.ordinary * (table?.[place - (at % points) * fineness] ?? 0);
}

function others(at: number, place: number, shares: Shares): number {
  return shares.slow * (slowTable[place - (at % points) * fineness] ?? 0) + shares.elsewhere;
}

function bell(x: number, sd: number): number {
  return Math.exp(-0.5 * (x / sd) ** 2);
}

function density(x: number, sd: number): number {
  return bell(x, sd) / (sd * Math.sqrt(2 * Math.PI));
}

function normalised(values: Float64Array): Float64Array {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

function jumpTo(usualLogTime: number): Float64Array {
  const around = logTimes.map((logTime) => bell(logTime - usualLogTime - jumpMean, jumpSpread) + jumpAnywhere);
  return normalised(Float64Array.from({ length: states }, (_, at) => around[at % points] ?? 0));
}
