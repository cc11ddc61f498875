import { unreachable } from '@tdc/shared/errors.ts';
import type { Detector, Link, Network, Route } from '@tdc/shared/network.ts';
import { positionText } from './position-text.ts';

/** A part of a network. */
export type Part =
  | { readonly type: 'detector'; readonly detector: Detector }
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'route'; readonly route: Route };

/** One step towards the wanted network. */
export interface Change {
  readonly action: 'add' | 'change' | 'delete';
  readonly part: Part;
  /** What a change changes, for people; empty otherwise. */
  readonly differences: readonly string[];
}

export interface Plan {
  /** In an order in which every step is allowed: no link is ever without its detectors, and no route without its links. */
  readonly changes: readonly Change[];
  /** What the server has, the file has not, and the plan does not delete. */
  readonly kept: readonly Part[];
  readonly unchanged: number;
}

/** What leads from one network to another; only with `prune` is anything deleted. */
export function planOf(current: Network, wanted: Network, { prune }: { readonly prune: boolean }): Plan {
  const detectors = compare(current.detectors.map(detectorPart), wanted.detectors.map(detectorPart));
  const links = compare(current.links.map(linkPart), wanted.links.map(linkPart));
  const routes = compare(current.routes.map(routePart), wanted.routes.map(routePart));
  const surplus = [...routes.surplus, ...links.surplus, ...detectors.surplus];
  const deletions = surplus.map((part): Change => ({ action: 'delete', part, differences: [] }));
  return {
    changes: [...detectors.puts, ...links.puts, ...routes.puts, ...(prune ? deletions : [])],
    kept: prune ? [] : surplus,
    unchanged: detectors.unchanged + links.unchanged + routes.unchanged,
  };
}

const detectorPart = (detector: Detector): Part => ({ type: 'detector', detector });
const linkPart = (link: Link): Part => ({ type: 'link', link });
const routePart = (route: Route): Part => ({ type: 'route', route });

function compare(current: readonly Part[], wanted: readonly Part[]) {
  const currentByName = new Map(current.map((part) => [partName(part), part]));
  const wantedNames = new Set(wanted.map(partName));
  const puts: Change[] = [];
  for (const part of wanted) {
    const before = currentByName.get(partName(part));
    const differences = before === undefined ? [] : differencesOf(before, part);
    if (before === undefined) puts.push({ action: 'add', part, differences });
    else if (differences.length > 0) puts.push({ action: 'change', part, differences });
  }
  return {
    puts,
    surplus: current.filter((part) => !wantedNames.has(partName(part))),
    unchanged: wanted.length - puts.length,
  };
}

/** What a part is called: `detector D1`, `link D1 -> D2`, `route harbour`. */
export function partName(part: Part): string {
  switch (part.type) {
    case 'detector':
      return `detector ${part.detector.id}`;
    case 'link':
      return `link ${part.link.fromDetectorId} -> ${part.link.toDetectorId}`;
    case 'route':
      return `route ${part.route.id}`;
    default:
      return unreachable(part);
  }
}

/** What is to know of a part, each with its name. */
export function partFacts(part: Part): ReadonlyMap<string, string> {
  switch (part.type) {
    case 'detector': {
      const { name, position } = part.detector;
      return new Map([
        ['name', JSON.stringify(name)],
        ['at', positionText(position)],
      ]);
    }
    case 'link':
      return linkFacts(part.link);
    case 'route': {
      const { name, detectorIds } = part.route;
      return new Map([
        ['name', JSON.stringify(name)],
        ['along', detectorIds.join(' ')],
      ]);
    }
    default:
      return unreachable(part);
  }
}

const linkFacts = ({ maxSeconds, lengthM, freeFlowSeconds, estimator }: Link): ReadonlyMap<string, string> =>
  new Map([
    ['max_seconds', String(maxSeconds)],
    ['length_m', lengthM === undefined ? 'none' : String(lengthM)],
    ['free_flow_seconds', freeFlowSeconds === undefined ? 'learned' : String(freeFlowSeconds)],
    ['estimator', estimator ?? 'default'],
  ]);

function differencesOf(before: Part, after: Part): readonly string[] {
  const facts = partFacts(before);
  return [...partFacts(after)]
    .filter(([name, fact]) => facts.get(name) !== fact)
    .map(([name, fact]) => `${name} ${facts.get(name)} -> ${fact}`);
}
