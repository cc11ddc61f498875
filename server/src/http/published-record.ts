import { liveLinks } from '../formats/live-link.ts';
import { estimateToWire } from '../query/estimate-wire.ts';
import { estimateRecord } from '../records/estimate-record.ts';
import type { PublishedEstimate } from '../repository.ts';
import type { HttpContext } from './context.ts';

/** An estimate as answers have it. */
export const publishedRecord = (published: PublishedEstimate) => ({
  ...estimateRecord(estimateToWire(published)),
  status: published.estimate.status,
});

/** The links as they are now. */
export async function publishedLiveLinks(
  { repository, clock }: Pick<HttpContext, 'repository' | 'clock'>,
  signal: AbortSignal,
) {
  const { network, estimates } = repository;
  const [detectors, links, newest] = await Promise.all([
    network.detectors(signal),
    network.links(signal),
    estimates.newest(signal),
  ]);
  return liveLinks({ detectors, links }, newest.map(publishedRecord), clock.nowMs());
}
