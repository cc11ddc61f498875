import { type Detector, type Link, linksAlong, type Network, type Route } from '@tdc/shared/network.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Change, planOf } from './network-plan.ts';

const ids = ['A', 'B', 'C', 'D'];
const detectors = fc
  .subarray(ids)
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((id) =>
        fc.record({ id: fc.constant(id), name: fc.constantFrom('', 'x'), position: fc.constantFrom(...positions()) }),
      ),
    ),
  );
function positions() {
  return [
    { type: 'geo', latitude: 52.5, longitude: 13.4 },
    { type: 'geo', latitude: 52.5, longitude: 13.400000000000002 },
    { type: 'plane', xM: 1, yM: 2 },
  ] as const;
}
const networks: fc.Arbitrary<Network> = detectors.chain((chosen) => {
  const pairs = chosen.flatMap((from) => chosen.filter((to) => to !== from).map((to) => [from.id, to.id] as const));
  const links = fc
    .subarray(pairs)
    .chain((some) =>
      fc.tuple(
        ...some.map(([fromDetectorId, toDetectorId]) =>
          fc.constantFrom<Link[]>(
            { fromDetectorId, toDetectorId, maxSeconds: 60 },
            { fromDetectorId, toDetectorId, maxSeconds: 60, lengthM: 5 },
          ),
        ),
      ),
    );
  return links.chain((some) => routesAlong(some).map((routes) => ({ detectors: chosen, links: some, routes })));
});

/** Some of two names, along one link or two that follow each other. */
function routesAlong(links: readonly Link[]): fc.Arbitrary<readonly Route[]> {
  const ways = links.flatMap(({ fromDetectorId, toDetectorId }) => [
    [fromDetectorId, toDetectorId],
    ...links
      .filter((next) => next.fromDetectorId === toDetectorId)
      .map((next) => [fromDetectorId, toDetectorId, next.toDetectorId]),
  ]);
  if (ways.length === 0) return fc.constant([]);
  const route = (id: string) =>
    fc.record({ id: fc.constant(id), name: fc.constantFrom('', 'x'), detectorIds: fc.constantFrom(...ways) });
  return fc.subarray(['r', 's']).chain((names) => fc.tuple(...names.map(route)));
}

/** A network in which a change is made as the server makes it: it refuses what would leave a link without a detector, or a route without a link. */
class ServedNetwork {
  readonly detectors;
  readonly links;
  readonly routes;

  constructor(network: Network) {
    this.detectors = new Map(network.detectors.map((detector) => [detector.id, detector]));
    this.links = new Map(network.links.map((link) => [linkKey(link), link]));
    this.routes = new Map(network.routes.map((route) => [route.id, route]));
  }

  make({ action, part }: Change): void {
    if (part.type === 'detector') {
      const { id } = part.detector;
      if (action !== 'delete') this.detectors.set(id, part.detector);
      else {
        for (const link of this.links.values()) expect([link.fromDetectorId, link.toDetectorId]).not.toContain(id);
        expect(this.detectors.delete(id)).toBe(true);
      }
      return;
    }
    if (part.type === 'route') {
      const { id } = part.route;
      if (action === 'delete') expect(this.routes.delete(id)).toBe(true);
      else {
        for (const way of linksAlong(part.route.detectorIds)) expect(this.links.has(linkKey(way))).toBe(true);
        this.routes.set(id, part.route);
      }
      return;
    }
    const { fromDetectorId, toDetectorId } = part.link;
    for (const id of [fromDetectorId, toDetectorId]) expect(this.detectors.has(id)).toBe(true);
    const key = linkKey(part.link);
    if (action === 'delete') {
      const taken = [...this.routes.values()].flatMap(({ detectorIds }) => linksAlong(detectorIds).map(linkKey));
      expect(taken).not.toContain(key);
      expect(this.links.delete(key)).toBe(true);
    } else this.links.set(key, part.link);
  }

  sorted() {
    const byKey = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      detectors: byKey<Detector>(this.detectors),
      links: byKey<Link>(this.links),
      routes: byKey<Route>(this.routes),
    };
  }
}

const linkKey = ({ fromDetectorId, toDetectorId }: Pick<Link, 'fromDetectorId' | 'toDetectorId'>): string =>
  `${fromDetectorId} ${toDetectorId}`;

test('every step of a plan is allowed where it stands, and all of them lead to the wanted network', () => {
  fc.assert(
    fc.property(networks, networks, (current, wanted) => {
      const served = new ServedNetwork(current);
      for (const change of planOf(current, wanted, { prune: true }).changes) served.make(change);
      expect(served.sorted()).toEqual(new ServedNetwork(wanted).sorted());
    }),
  );
});

test('without pruning nothing is deleted, and what would be is named; a second plan has nothing to do', () => {
  fc.assert(
    fc.property(networks, networks, (current, wanted) => {
      const served = new ServedNetwork(current);
      const plan = planOf(current, wanted, { prune: false });
      for (const change of plan.changes) served.make(change);
      expect(plan.changes.filter(({ action }) => action === 'delete')).toEqual([]);
      const pruned = planOf(current, wanted, { prune: true });
      expect(plan.kept).toEqual(pruned.changes.filter(({ action }) => action === 'delete').map(({ part }) => part));
      const [detectors, links, routes] = [served.detectors, served.links, served.routes].map((each) => [
        ...each.values(),
      ]);
      const after = { detectors, links, routes } as Network;
      const again = planOf(after, wanted, { prune: false });
      expect(again).toMatchObject({
        changes: [],
        kept: plan.kept,
        unchanged: wanted.detectors.length + wanted.links.length + wanted.routes.length,
      });
    }),
  );
});

test('a change says what it changes', () => {
  const at = (name: string, lengthM?: number): Network => ({
    detectors: ['A', 'B'].map((id) => ({ id, name, position: { type: 'plane', xM: 0, yM: 0 } })),
    links: [{ fromDetectorId: 'A', toDetectorId: 'B', maxSeconds: 60, ...(lengthM === undefined ? {} : { lengthM }) }],
    routes: [{ id: 'r', name, detectorIds: lengthM === undefined ? ['A', 'B'] : ['A', 'B', 'A'] }],
  });
  const { changes } = planOf(at('old'), at('new', 7), { prune: false });
  expect(changes.map(({ differences }) => differences)).toEqual([
    ['name "old" -> "new"'],
    ['name "old" -> "new"'],
    ['length_m none -> 7'],
    ['name "old" -> "new"', 'along A B -> A B A'],
  ]);
});
