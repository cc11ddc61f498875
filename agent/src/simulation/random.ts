/** Numbers that look random and are the same each time for the same seeds. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform in [min, max). */
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
  /** Poisson. */
  count(mean: number): number;
  /** Any of the items; undefined when there is none. */
  pick<T>(items: readonly T[]): T | undefined;
  /** 32 random bits, to seed another with. */
  word(): number;
}

/** Mean of one draw of `count`; larger ones are sums, because e^-mean underflows. */
const countMeanMax = 30;

/** A stream of its own for each list of seeds (sfc32, seeded by a murmur-like hash). */
export function randomOf(...seeds: readonly (string | number)[]): Random {
  const word = sfc32(hashOf(seeds, 0x9e3779b9), hashOf(seeds, 0x85ebca6b), hashOf(seeds, 0xc2b2ae35));
  const fraction = () => word() / 2 ** 32;
  const smallCount = (mean: number): number => {
    const limit = Math.exp(-mean);
    let count = -1;
    for (let product = 1; product > limit; product *= fraction()) count += 1;
    return count;
  };
  return {
    word,
    fraction,
    between: (min, max) => min + fraction() * (max - min),
    chance: (probability) => fraction() < probability,
    normal: () => Math.sqrt(-2 * Math.log(1 - fraction())) * Math.cos(2 * Math.PI * fraction()),
    count(mean) {
      let count = 0;
      let rest = mean;
      for (; rest > countMeanMax; rest -= countMeanMax) count += smallCount(countMeanMax);
      return rest > 0 ? count + smallCount(rest) : count;
    },
    pick: (items) => items[Math.floor(fraction() * items.length)],
  };
}

function hashOf(seeds: readonly (string | number)[], start: number): number {
  let hash = start;
  const add = (word: number) => {
    hash = Math.imul(hash ^ word, 0xcc9e2d51);
    hash = Math.imul((hash << 15) | (hash >>> 17), 0x1b873593);
    hash ^= hash >>> 13;
  };
  for (const seed of seeds) {
    if (typeof seed === 'number') {
      add(seed | 0);
      add(Math.floor(seed / 2 ** 32) | 0);
    } else {
      for (let index = 0; index < seed.length; index += 1) add(seed.charCodeAt(index));
    }
    // Ends each seed, so that ('ab', 'c') is not ('a', 'bc').
    add(0x5bd1e995);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function sfc32(seedA: number, seedB: number, seedC: number): () => number {
  let a = seedA | 0;
  let b = seedB | 0;
  let c = seedC | 0;
  let counter = 1;
  const next = () => {
    const mixed = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + mixed) | 0;
    return mixed >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}
