import { NotFoundError } from '@tdc/shared/errors.ts';
import type { LinkEnds as WireLinkEnds } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { Link } from '@tdc/shared/network.ts';
import { detectorIdExpected, isDetectorId, quoted } from '@tdc/shared/wire.ts';
import { invalid } from './filter.ts';

const linksMax = 1000;

/** A link by its ends. */
export type LinkEnds = Pick<Link, 'fromDetectorId' | 'toDetectorId'>;

export function parseLinkEnds(field: string, wire: WireLinkEnds | undefined): LinkEnds {
  if (wire === undefined) throw invalid(field, 'missing: expected the ends of a link');
  const { fromDetectorId, toDetectorId } = wire;
  for (const [name, id] of Object.entries({ from_detector_id: fromDetectorId, to_detector_id: toDetectorId })) {
    if (!isDetectorId(id)) throw invalid(`${field}.${name}`, `${quoted(id)}: expected ${detectorIdExpected}`);
  }
  return { fromDetectorId, toDetectorId };
}

/** Each once, by first, then by last detector, rising; none stands for all. */
export function parseLinks(wire: readonly WireLinkEnds[]): readonly LinkEnds[] {
  if (wire.length > linksMax) throw invalid('links', `${wire.length} entries: expected at most ${linksMax}`);
  const byName = new Map(wire.map((link, i) => [linkName(link), parseLinkEnds(`links[${i}]`, link)]));
  return [...byName.values()].sort(byLinkName);
}

/** Blanks are in no id, and sort before all that is. */
export const linkName = ({ fromDetectorId, toDetectorId }: LinkEnds): string => `${fromDetectorId} ${toDetectorId}`;

/** Throws NotFoundError where it is not among them. */
export function linkAmong(links: readonly Link[], ends: LinkEnds): Link {
  const link = links.find((each) => linkName(each) === linkName(ends));
  if (link !== undefined) return link;
  throw new NotFoundError(`there is no link from ${ends.fromDetectorId} to ${ends.toDetectorId}`, { field: 'link' });
}

/** To sort links, or what is of them, by name, rising. */
export const byLinkName = (a: LinkEnds, b: LinkEnds): number => (linkName(a) < linkName(b) ? -1 : 1);
