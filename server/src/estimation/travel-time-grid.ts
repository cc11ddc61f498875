/** The grid of travel times and spreads that beliefs are held on, and how likely a match is in each state of it. */

/** Logarithms of seconds: 4 % from one point of the grid to the next, from 8 s to more than an hour. */
export const step = 0.04;
export const first = Math.log(8);
export const points = Math.ceil((Math.log(4000) - first) / step);
export const logTimes = Float64Array.from({ length: points }, (_, i) => first + i * step);
/** Standard deviations of ln(travel time) among the drivers of one moment: from a free freeway to a road with signals. */
export const spreads = [0.06, 0.11, 0.18, 0.28, 0.42] as const;
/** A state is a point with a spread; those of a spread are in a row. */
export const states = points * spreads.length;

/** Share of matches of journeys with a stop or of slow vehicles (buses, bicycles), and what they take longer by, as ln. */
const slowShare = 0.12;
const slowMean = 0.8;
const slowSpread = 0.4;
/** Share of matches that say nothing of this road, and their density over ln(travel time): even over four units. */
const strangeShare = 0.08;
const strangeDensity = 0.25;
const ordinaryShare = 1 - slowShare - strangeShare;
/** Of doubted drivers so many are slow, and the others strange. */
const doubtedSlow = 0.6;
/** Spread of ln(travel time) on a street, where the road's own is not asked for. */
const streetSpread = 0.25;

/** How likely kinds of matches are; a doubt takes from the ordinary what it gives to the others. */
export interface Shares {
  readonly ordinary: number;
  readonly slow: number;
  /** Density of all that does not depend on the state of the road. */
  readonly elsewhere: number;
}

/** The doubt, 0 to 1, is the chance that a device does not show what a driver needs. */
export function sharesOf(doubt: number): Shares {
  return {
    ordinary: ordinaryShare * (1 - doubt),
    slow: slowShare + doubtedSlow * ordinaryShare * doubt,
    elsewhere: (strangeShare + (1 - doubtedSlow) * ordinaryShare * doubt) * strangeDensity,
  };
}

/** How likely a journey is of a driver who went through, if drivers differ as they do on streets, by its ln(travel time) over theirs. */
export function credenceBeside(logRatio: number): number {
  const driver = ordinaryShare * density(logRatio, streetSpread);
  return driver / (driver + slowShare * density(logRatio - slowMean, slowSpread) + strangeShare * strangeDensity);
}

/** A time is taken to an eighth of a step, so that what depends on its offset from a point can be looked up. */
const fineness = 8;
const rowLength = 2 * points;

/** Where a time is in tables. */
export function placeOf(logTime: number): number {
  const fine = Math.round(((logTime - first) / step) * fineness);
  const limited = Math.min(points * fineness - 1, Math.max(0, fine));
  return (limited % fineness) * rowLength + Math.floor(limited / fineness) + points;
}

/** A table of the offset of a time from a point: that of a place from point i is at place - i. */
function tableOf(value: (offset: number) => number): Float64Array {
  return Float64Array.from({ length: fineness * rowLength }, (_, at) => {
    const steps = (at % rowLength) - points + Math.floor(at / rowLength) / fineness;
    return value(steps * step);
  });
}

/** Densities of ln(travel time) by its offset from a point: of drivers who went through, by spread, and of the slow. */
export const ordinaryTables = spreads.map((spread) => tableOf((offset) => density(offset, spread)));
export const slowTable = tableOf((offset) => density(offset - slowMean, slowSpread));

/** Votes and doubts are taken to so much, that tables of them can be kept. */
const voteStep = 0.05;
const doubtStep = 0.05;
export const stepped = (doubt: number): number => Math.round(doubt / doubtStep) * doubtStep;

const likelihoodTables = new Map<number, readonly Float64Array[]>();

/** How likely a match is by its offset from a point, to the power of its vote, for each spread. */
export function likelihoodsOf(vote: number, doubt: number): readonly Float64Array[] {
  const [votes, doubts] = [Math.max(1, Math.round(vote / voteStep)), Math.round(doubt / doubtStep)];
  const key = votes * 1000 + doubts;
  const known = likelihoodTables.get(key);
  if (known !== undefined) return known;
  const { ordinary, slow, elsewhere } = sharesOf(doubts * doubtStep);
  const made = ordinaryTables.map((table) =>
    table.map((value, at) => (ordinary * value + slow * (slowTable[at] ?? 0) + elsewhere) ** (votes * voteStep)),
  );
  likelihoodTables.set(key, made);
  return made;
}

export function bell(x: number, sd: number): number {
  return Math.exp(-0.5 * (x / sd) ** 2);
}

export function density(x: number, sd: number): number {
  return bell(x, sd) / (sd * Math.sqrt(2 * Math.PI));
}
