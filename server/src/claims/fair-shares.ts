import { createHash } from 'node:crypto';

/**
 * Who works on what: every name goes to one worker, no worker has more than one name above another, and all who know the same
 * workers and names come to the same result. When a worker comes or goes, little else changes hands: each name has its own order
 * of preference among the workers (rendezvous hashing, Thaler and Ravishankar 1998), and goes to the first with room.
 */
export function fairShares(workers: readonly string[], names: readonly string[]): ReadonlyMap<string, string> {
  const shares = new Map<string, string>();
  if (workers.length === 0) return shares;
  const loads = new Map(workers.map((worker) => [worker, 0]));
  const floor = Math.floor(names.length / workers.length);
  let withOneMore = names.length % workers.length;
  // In an order that does not depend on how they were listed.
  for (const name of names.toSorted(byHash)) {
    const worker = workers
      .toSorted((a, b) => compare(weight(b, name), weight(a, name)))
      .find((each) => (loads.get(each) ?? 0) < floor + (withOneMore > 0 ? 1 : 0));
    if (worker === undefined) continue;
    const load = (loads.get(worker) ?? 0) + 1;
    loads.set(worker, load);
    if (load > floor) withOneMore--;
    shares.set(name, worker);
  }
  return shares;
}

const weight = (worker: string, name: string): string => digest(`${worker}\u0000${name}`);
const byHash = (a: string, b: string): number => compare(digest(a), digest(b));
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
