import type { ListEstimatesRequest, ListEstimatesResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { estimateToWire } from './estimate-wire.ts';
import { type EstimatesPage, estimatesPage, newestOf } from './estimates-page.ts';
import { invalid } from './filter.ts';
import { parseLinks } from './link-ends.ts';
import { parsePageQuery } from './list-fields.ts';

export async function listEstimates(
  context: QueryContext,
  request: ListEstimatesRequest,
  signal: AbortSignal,
): Promise<ListEstimatesResponse> {
  const { estimates, nextPageToken } = await pageOf(context, request, signal);
  return {
    estimates: estimates.map(estimateToWire),
    nextPageToken,
    staleSinceNs: nsFromMs(context.repository.staleSinceMs() ?? 0),
  };
}

async function pageOf(
  { repository }: QueryContext,
  request: ListEstimatesRequest,
  signal: AbortSignal,
): Promise<EstimatesPage> {
  const links = parseLinks(request.links);
  const query = parsePageQuery(request);
  if (request.fromNs !== 0n || request.toNs !== 0n) {
    return estimatesPage(repository, { links, ...query, revisions: request.allRevisions ? 'all' : 'last' }, signal);
  }
  if (query.pageToken !== '') {
    throw invalid('page_token', 'of another query: expected none, as the newest estimates are one page');
  }
  return { estimates: await newestOf(repository, links, signal), nextPageToken: '' };
}
