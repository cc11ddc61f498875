import { estimateToWire } from '../query/estimate-wire.ts';
import { estimateRecord } from '../records/estimate-record.ts';
import type { PublishedEstimate } from '../repository.ts';

/** An estimate as answers have it. */
export const publishedRecord = (published: PublishedEstimate) => ({
  ...estimateRecord(estimateToWire(published)),
  status: published.estimate.status,
});
