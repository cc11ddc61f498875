import type { EstimateScan, PublishedEstimate, Repository } from '../repository.ts';
import { byLinkName, type LinkEnds, linkName } from './link-ends.ts';
import type { PageQuery } from './list-fields.ts';
import { decodeEstimateToken, type EstimatePosition, encodeEstimateToken, fingerprintOf } from './page-token.ts';

type Scan = Pick<EstimateScan, 'fromMs' | 'toMs' | 'order' | 'revisions'>;

export interface EstimatesQuery extends PageQuery {
  /** By name, rising; none stands for all. */
  readonly links: readonly LinkEnds[];
  readonly revisions: EstimateScan['revisions'];
}

export interface EstimatesPage {
  readonly estimates: readonly PublishedEstimate[];
  /** For the next page; empty when nothing is left. */
  readonly nextPageToken: string;
}

/** The last minute of each of the links, all of them when none is named; by name, rising. */
export async function newestOf(
  { estimates }: Pick<Repository, 'estimates'>,
  links: readonly LinkEnds[],
  signal: AbortSignal,
): Promise<readonly PublishedEstimate[]> {
  const wanted = new Set(links.map(linkName));
  const newest = await estimates.newest(signal);
  return newest.filter((each) => wanted.size === 0 || wanted.has(linkName(each))).toSorted(byLinkName);
}

/**
 * A page of the links' minutes, link after link; a minute is never divided between pages. Throws InvalidInputError for a page token that is
 * none of this query.
 */
export async function estimatesPage(
  repository: Pick<Repository, 'estimates' | 'network'>,
  { links: asked, range, order, revisions, pageSize, pageToken }: EstimatesQuery,
  signal: AbortSignal,
): Promise<EstimatesPage> {
  const scan: Scan = { ...range, order, revisions };
  const fingerprint = fingerprintOf([asked, scan]);
  const after = pageToken === '' ? undefined : decodeEstimateToken(fingerprint, pageToken);
  const links = asked.length > 0 ? asked : (await repository.network.links(signal)).toSorted(byLinkName);
  const found: PublishedEstimate[] = [];
  const pageUpTo = (next: EstimatePosition): EstimatesPage => ({
    estimates: found,
    nextPageToken: encodeEstimateToken(fingerprint, next),
  });
  let minutes = 0;
  for (const link of links.filter((each) => after === undefined || linkName(each) >= linkName(after))) {
    const begun = after !== undefined && linkName(link) === linkName(after) ? continued(scan, after) : scan;
    const { fromDetectorId, toDetectorId } = link;
    const limit = pageSize - minutes;
    const page = await repository.estimates.scan({ ...begun, fromDetectorId, toDetectorId, limit }, signal);
    found.push(...page.estimates);
    minutes += new Set(page.estimates.map(({ timeMs }) => timeMs)).size;
    const last = page.estimates.at(-1);
    if (last !== undefined && (page.more || minutes >= pageSize)) return pageUpTo(last);
  }
  return { estimates: found, nextPageToken: '' };
}

/** What is left of a link whose estimates have been listed up to a minute. */
function continued(scan: Scan, { timeMs }: EstimatePosition): Scan {
  return scan.order === 'oldest-first'
    ? { ...scan, fromMs: Math.max(scan.fromMs, timeMs + 1) }
    : { ...scan, toMs: Math.min(scan.toMs, timeMs) };
}
