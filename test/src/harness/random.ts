/** Seeded randomness for tests: the same seed gives the same story. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform whole number, both ends included. */
  between(min: number, max: number): number;
  pick<T>(choices: readonly T[]): T;
  shuffled<T>(items: readonly T[]): readonly T[];
}

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + Math.floor(fraction() * (max - min + 1));
  return {
    fraction,
    between,
    shuffled: (items) => {
      const places = items.map((item) => ({ item, place: fraction() }));
      return places.sort((a, b) => a.place - b.place).map(({ item }) => item);
    },
    pick: (choices) => {
      const choice = choices[between(0, choices.length - 1)];
      if (choice === undefined) throw new Error('nothing to pick from');
      return choice;
    },
  };
}
