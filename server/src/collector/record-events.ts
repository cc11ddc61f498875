import type { RecordEventsRequest, RecordEventsResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { Principal } from '../access/principal.ts';
import { recordBatch } from './accept-events.ts';
import type { CollectorContext } from './context.ts';

export function recordEvents(
  context: CollectorContext,
  sender: Principal,
  request: RecordEventsRequest,
  signal: AbortSignal,
): Promise<RecordEventsResponse> {
  return recordBatch(context, sender, request.events, signal);
}
