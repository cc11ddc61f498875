import {
  bell,
  density,
  likelihoodsOf,
  logTimes,
  ordinaryTables,
  placeOf,
  points,
  sharesOf,
  slowTable,
  spreads,
  states,
  step,
  stepped,
} from './travel-time-grid.ts';

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

/** Share of matches of people on foot, who go at 1.3 m/s whatever the road is like (Weidmann 1993), and the spread of ln(speed). */
const walkShare = 0.04;
const walkSpeedMps = 1.3;
const walkSpread = 0.25;
/** A walker who is less likely than this is none. */
const walkDensityMin = 0.003;

/** States that are less likely than this are left out where matches are judged: all of them together are next to nothing. */
const probabilityMin = 1e-5;

/** Far above the least number there is, far below what a match makes of 1. */
const sumMin = 1e-200;

const kernelReach = Math.ceil((3 * driftPerMinute) / step);
const kernelLength = 2 * kernelReach + 1;
const kernel = normalised(
  Float64Array.from({ length: kernelLength }, (_, i) => bell((i - kernelReach) * step, driftPerMinute)),
);

/** Where probabilities of travel times have gone after a minute; what would leave the grid stays at its end. */
function driftedFrom(before: Float64Array): Float64Array {
  const drifted = scratch.fill(0);
  const [length, all] = [points, states];
  for (let row = 0; row < all; row += length) {
    for (let point = 0; point < length; point++) {
      const p = before[row + point] ?? 0;
      if (p < 1e-12) continue;
      const from = point - kernelReach;
      if (from >= 0 && point + kernelReach < length) {
        for (let k = 0; k < kernelLength; k++) {
          const to = row + from + k;
          drifted[to] = (drifted[to] ?? 0) + p * (kernel[k] ?? 0);
        }
      } else {
        for (let k = 0; k < kernelLength; k++) {
          const to = row + Math.min(length - 1, Math.max(0, from + k));
          drifted[to] = (drifted[to] ?? 0) + p * (kernel[k] ?? 0);
        }
      }
    }
  }
  return drifted;
}

export interface Belief {
  /** Mean and standard deviation of ln(typical travel time in seconds). */
  readonly logMean: number;
  readonly logSd: number;
  /** Expected spread of drivers. */
  readonly spread: number;
}

/**
 * What is believed of the present travel time of a link: a probability for each of a grid of (logarithm of the typical travel time,
 * spread of drivers around it). A hidden Markov model on a grid (Rabiner 1989; Kitagawa 1987 for non-Gaussian state spaces): each
 * minute the belief is spread out, each match sharpens it.
 */
export class TravelTimeFilter {
  /** Up to a factor: see #sum. */
  readonly #p: Float64Array;
  #sum = 1;
  #jump: Float64Array;
  readonly #walkLogTime: number | undefined;
  /** The states that count, while the belief is as it is. */
  #likely: readonly number[] | undefined;

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
    const before = this.#probabilities();
    const drifted = driftedFrom(before);
    const jump = this.#jump;
    const [row, all] = [points, states];
    const last = all - row;
    const stays = 1 - jumpPerMinute;
    for (let at = 0; at < all; at++) {
      const own = drifted[at] ?? 0;
      const below = at >= row ? (drifted[at - row] ?? 0) : own;
      const above = at < last ? (drifted[at + row] ?? 0) : own;
      const mixed = own * (1 - respreadPerMinute) + ((below + above) * respreadPerMinute) / 2;
      before[at] = mixed * stays + jumpPerMinute * (jump[at] ?? 0);
    }
    this.#likely = undefined;
  }

  /**
   * A match says ln(travel time), with so much of a vote (0 to 1.5). Doubt, 0 to 1, is the chance that this device does not show what
   * a driver needs, from what is known of it otherwise.
   */
  update(logTime: number, vote: number, doubt: number): void {
    const walk = this.#walkDensity(logTime);
    const place = placeOf(logTime);
    this.#sum =
      walk > 0 ? this.#updateBeside(walk, place, vote, doubt) : this.#updateBy(likelihoodsOf(vote, doubt), place);
    if (this.#sum < sumMin) this.#probabilities();
    this.#likely = undefined;
  }

  /** Of a match that no walker makes: what there is to know of it is in tables. */
  #updateBy(tables: readonly Float64Array[], place: number): number {
    const p = this.#p;
    let sum = 0;
    let at = 0;
    for (const table of tables) {
      for (let offset = place; offset > place - points; offset--, at++) {
        const now = (p[at] ?? 0) * (table[offset] ?? 0);
        p[at] = now;
        sum += now;
      }
    }
    return sum;
  }

  #updateBeside(walk: number, place: number, vote: number, doubt: number): number {
    const { ordinary, slow, elsewhere } = sharesOf(stepped(doubt));
    const p = this.#p;
    let sum = 0;
    let at = 0;
    for (const table of ordinaryTables) {
      for (let offset = place; offset > place - points; offset--, at++) {
        const density = ordinary * (table[offset] ?? 0) + slow * (slowTable[offset] ?? 0) + elsewhere + walk;
        const now = (p[at] ?? 0) * density ** vote;
        p[at] = now;
        sum += now;
      }
    }
    return sum;
  }

  /** The chance that a match with this ln(travel time) is of a driver who went through. */
  credence(logTime: number, doubt: number): number {
    const { ordinary, slow, elsewhere } = sharesOf(stepped(doubt));
    const place = placeOf(logTime);
    const probabilities = this.#probabilities();
    let through = 0;
    let delayed = 0;
    for (const at of this.#likelyStates()) {
      const p = probabilities[at] ?? 0;
      const offset = place - (at % points);
      through += p * (ordinaryTables[Math.floor(at / points)]?.[offset] ?? 0);
      delayed += p * (slowTable[offset] ?? 0);
    }
    const all = ordinary * through + slow * delayed + elsewhere + this.#walkDensity(logTime);
    return (ordinary * through) / all;
  }

  belief(): Belief {
    const probabilities = this.#probabilities();
    let mean = 0;
    let square = 0;
    let spread = 0;
    for (let at = 0; at < states; at++) {
      const p = probabilities[at] ?? 0;
      const logTime = logTimes[at % points] ?? 0;
      mean += p * logTime;
      square += p * logTime * logTime;
      spread += p * (spreads[Math.floor(at / points)] ?? 0);
    }
    return { logMean: mean, logSd: Math.sqrt(Math.max(0, square - mean * mean)), spread };
  }

  #walkDensity(logTime: number): number {
    if (this.#walkLogTime === undefined) return 0;
    const walk = walkShare * density(logTime - this.#walkLogTime, walkSpread);
    return walk < walkDensityMin ? 0 : walk;
  }

  /** Their sum is brought to 1 only when they are looked at: one match follows another. */
  #probabilities(): Float64Array {
    if (this.#sum !== 1) {
      for (let at = 0; at < states; at++) this.#p[at] = (this.#p[at] ?? 0) / this.#sum;
      this.#sum = 1;
    }
    return this.#p;
  }

  #likelyStates(): readonly number[] {
    if (this.#likely !== undefined) return this.#likely;
    const probabilities = this.#probabilities();
    const found: number[] = [];
    for (let at = 0; at < states; at++) if ((probabilities[at] ?? 0) >= probabilityMin) found.push(at);
    this.#likely = found;
    return found;
  }
}

function normalised(values: Float64Array): Float64Array {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** For a prediction under way: the same memory for all filters, as memory near the processor is short. */
const scratch = new Float64Array(states);

const jumps = new Map<number, Float64Array>();

/** Where a jump leads, by what is usual, which is taken to a point of the grid. */
function jumpTo(usualLogTime: number): Float64Array {
  const usual = Math.round(usualLogTime / step);
  const known = jumps.get(usual);
  if (known !== undefined) return known;
  const around = logTimes.map((logTime) => bell(logTime - usual * step - jumpMean, jumpSpread) + jumpAnywhere);
  const made = normalised(Float64Array.from({ length: states }, (_, at) => around[at % points] ?? 0));
  jumps.set(usual, made);
  return made;
}
