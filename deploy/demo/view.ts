import { credentials } from '@grpc/grpc-js';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { ListDetectorsRequest, type DetectorState, QueryServiceClient, type WatchEventsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { parseEvent } from '@tdc/shared/wire.ts';

/** What the view needs to know. */
export interface RoadView {
  readonly query: string;
  readonly collector: string;
  readonly past: string;
  readonly signal: AbortSignal;
  readonly output: NodeJS.WriteStream;
}
