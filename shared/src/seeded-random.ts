/** 0 inclusive to 1 exclusive, the same for the same seed: for tests whose traffic differs and whose outcome does not. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
