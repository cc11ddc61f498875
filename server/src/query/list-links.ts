import type { ListLinksRequest, ListLinksResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { linkToWire, nsFromMs } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';

export async function listLinks(
  { repository }: QueryContext,
  _request: ListLinksRequest,
  signal: AbortSignal,
): Promise<ListLinksResponse> {
  const links = await repository.network.links(signal);
  return { links: links.map(linkToWire), staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0) };
}
