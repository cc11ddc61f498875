import type { ListEstimatesRequest, ListEstimatesResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { EstimateScan, PublishedEstimate } from '../repository.ts';
import type { QueryContext } from './context.ts';
import { estimateToWire } from './estimate-wire.ts';
import { type LinkEnds, linkName, parseLinks } from './link-ends.ts';
import { parseOrder, parsePageSize, parseTimeRange } from './list-fields.ts';
import { decodeEstimateToken, type EstimatePosition, encodeEstimateToken, fingerprintOf } from './page-token.ts';

type Scan = Pick<EstimateScan, 'fromMs' | 'toMs' | 'order' | 'revisions'>;

export async function listEstimates(
  { repository }: QueryContext,
  request: ListEstimatesRequest,
  signal: AbortSignal,
): Promise<ListEstimatesResponse> {
  const asked = parseLinks(request.links);
  const range = parseTimeRange(request);
  const order = parseOrder(request.order);
  const pageSize = parsePageSize(request.pageSize);
  const scan: Scan = { ...range, order, revisions: request.allRevisions ? 'all' : 'last' };
  const fingerprint = fingerprintOf([asked, scan]);
  const after = request.pageToken === '' ? undefined : decodeEstimateToken(fingerprint, request.pageToken);
  const answer = (estimates: readonly PublishedEstimate[], next?: EstimatePosition): ListEstimatesResponse => ({
    estimates: estimates.map(estimateToWire),
    nextPageToken: next === undefined ? '' : encodeEstimateToken(fingerprint, next),
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  });
  if (request.fromNs === 0n && request.toNs === 0n) {
    const wanted = new Set(asked.map(linkName));
    const newest = await repository.estimates.newest(signal);
    return answer(newest.filter((each) => wanted.size === 0 || wanted.has(linkName(each))).toSorted(byName));
  }
  const links = asked.length > 0 ? asked : (await repository.network.links(signal)).toSorted(byName);
  const found: PublishedEstimate[] = [];
  let minutes = 0;
  for (const link of links.filter((each) => after === undefined || linkName(each) >= linkName(after))) {
    const begun = after !== undefined && linkName(link) === linkName(after) ? continued(scan, after) : scan;
    const { fromDetectorId, toDetectorId } = link;
    const limit = pageSize - minutes;
    const page = await repository.estimates.scan({ ...begun, fromDetectorId, toDetectorId, limit }, signal);
    found.push(...page.estimates);
    minutes += new Set(page.estimates.map(({ timeMs }) => timeMs)).size;
    const last = page.estimates.at(-1);
    if (last !== undefined && (page.more || minutes >= pageSize)) return answer(found, last);
  }
  return answer(found);
}

const byName = (a: LinkEnds, b: LinkEnds): number => (linkName(a) < linkName(b) ? -1 : 1);

/** What is left of a link whose estimates have been listed up to a minute. */
function continued(scan: Scan, { timeMs }: EstimatePosition): Scan {
  return scan.order === 'oldest-first'
    ? { ...scan, fromMs: Math.max(scan.fromMs, timeMs + 1) }
    : { ...scan, toMs: Math.min(scan.toMs, timeMs) };
}
