/**
 * Long work of a thread is done in short turns, one after another: what has come from the network is answered between two turns, and what
 * keeps its claims is done.
 */
const turnMsMax = 2;
let begunMs = Number.NEGATIVE_INFINITY;
const waiting: (() => void)[] = [];

/** For long work to await about every millisecond: resolves at once while the turn lasts, and else when it is its turn again. */
export async function turn(): Promise<void> {
  if (performance.now() - begunMs < turnMsMax) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (waiting.length === 1) setImmediate(next);
  await promise;
}

function next(): void {
  begunMs = performance.now();
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}
