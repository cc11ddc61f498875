import type { Link } from '@tdc/shared/network.ts';

/** How much longer than a link the way through a third detector may be to count as the same way. */
const sameWayMax = 1.15;

/**
 * What lies around the links of a network: where a device that was heard in between shows that it did not go along a link. Only the
 * detectors that are linked with an end of the link tell; so a link can be estimated from what a few detectors heard.
 */
export class Surroundings {
  readonly #links = new Map<string, Map<string, Link>>();
  readonly #neighbours = new Map<string, Set<string>>();
  readonly #detours = new Map<Link, ReadonlySet<string>>();

  constructor(links: readonly Link[]) {
    for (const link of links) {
      const { fromDetectorId: from, toDetectorId: to } = link;
      entry(this.#links, to, () => new Map()).set(from, link);
      entry(this.#neighbours, from, () => new Set()).add(to);
      entry(this.#neighbours, to, () => new Set()).add(from);
    }
    for (const link of links) this.#detours.set(link, this.#detoursOf(link));
  }

  /** Links that end at a detector, by the detector that they begin at. */
  linksTo(detectorId: string): ReadonlyMap<string, Link> | undefined {
    return this.#links.get(detectorId);
  }

  /** Detectors that a journey along the link does not pass. */
  detours(link: Link): ReadonlySet<string> {
    return this.#detours.get(link) ?? new Set();
  }

  /** All detectors whose events decide what the matches of the links to a detector are, rising. */
  around(detectorId: string): readonly string[] {
    const found = new Set([detectorId]);
    for (const link of this.#links.get(detectorId)?.values() ?? []) {
      found.add(link.fromDetectorId);
      for (const before of this.#links.get(link.fromDetectorId)?.keys() ?? []) found.add(before);
      for (const each of this.detours(link)) found.add(each);
    }
    return [...found].sort();
  }

  #detoursOf(link: Link): ReadonlySet<string> {
    const { fromDetectorId: from, toDetectorId: to } = link;
    const near = [...(this.#neighbours.get(from) ?? []), ...(this.#neighbours.get(to) ?? [])];
    return new Set(near.filter((each) => each !== from && each !== to && !this.#isOnTheWay(each, link)));
  }

  #isOnTheWay(detectorId: string, link: Link): boolean {
    const first = this.#links.get(detectorId)?.get(link.fromDetectorId);
    const second = this.#links.get(link.toDetectorId)?.get(detectorId);
    if (first === undefined || second === undefined) return false;
    const [whole, one, two] = [link.lengthM, first.lengthM, second.lengthM];
    return whole === undefined || one === undefined || two === undefined || one + two <= sameWayMax * whole;
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
