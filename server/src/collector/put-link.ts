import type { PutLinkRequest, PutLinkResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { parseLink } from '@tdc/shared/wire.ts';
import { accepted } from './accepted.ts';
import type { CollectorContext } from './context.ts';

export async function putLink(
  { repository }: CollectorContext,
  request: PutLinkRequest,
  signal: AbortSignal,
): Promise<PutLinkResponse> {
  await repository.network.putLink(accepted(parseLink(request.link)), signal);
  return {};
}
