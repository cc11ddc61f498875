import type { Detector, DetectorHealth } from './api-types.ts';
import type { KnownLink, NetworkState } from './network-state.ts';
import { delayRatioOf, levelOf, type TrafficLevel } from './traffic-level.ts';

export const linkFilters = ['all', 'delayed', 'troubled'] as const;
export type LinkFilter = (typeof linkFilters)[number];
export const isFilter = (text: string): text is LinkFilter => linkFilters.some((each) => each === text);

const levelsOf: Readonly<Record<LinkFilter, readonly TrafficLevel[] | undefined>> = {
  all: undefined,
  delayed: ['dense', 'slow', 'jam'],
  troubled: ['unknown', 'old', 'down'],
};
/** What needs somebody comes first. */
const levelOrder: readonly TrafficLevel[] = ['jam', 'slow', 'dense', 'down', 'old', 'unknown', 'free'];
const healthOrder: Readonly<Record<DetectorHealth, number>> = { silent: 0, failing: 1, warning: 2, never: 3, ok: 4 };

type Names = Pick<NetworkState, 'nameOf'>;

/** Every word that is searched for must be in the names or ids of the ends. */
export function matchingLinks(
  links: readonly KnownLink[],
  names: Names,
  wanted: string,
  filter: LinkFilter,
): readonly KnownLink[] {
  const words = wordsOf(wanted);
  const levels = levelsOf[filter];
  return links
    .filter(({ from, to }) => hasAll(`${from} ${to} ${names.nameOf(from)} ${names.nameOf(to)}`, words))
    .map((link) => ({
      link,
      level: levelOf(link.estimate),
      name: `${names.nameOf(link.from)} ${names.nameOf(link.to)}`,
    }))
    .filter(({ level }) => levels?.includes(level) ?? true)
    .sort(
      (a, b) =>
        levelOrder.indexOf(a.level) - levelOrder.indexOf(b.level) ||
        ratioOf(b.link) - ratioOf(a.link) ||
        compare(a.name, b.name),
    )
    .map(({ link }) => link);
}

/** In whole times of free flow, so that the list does not change its order with every minute. */
const ratioOf = ({ estimate }: KnownLink): number =>
  estimate === undefined ? 0 : Math.round(delayRatioOf(estimate) ?? 0);

export function matchingDetectors(
  state: Pick<NetworkState, 'detectors' | 'nameOf'>,
  wanted: string,
): readonly Detector[] {
  const words = wordsOf(wanted);
  return [...state.detectors.values()]
    .filter(({ detector_id: id, name }) => hasAll(`${id} ${name}`, words))
    .sort(
      (a, b) =>
        healthOrder[a.state] - healthOrder[b.state] ||
        compare(state.nameOf(a.detector_id), state.nameOf(b.detector_id)),
    );
}

const wordsOf = (wanted: string): readonly string[] =>
  wanted
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
const hasAll = (text: string, words: readonly string[]): boolean => {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
};
const { compare } = new Intl.Collator(undefined, { numeric: true });
