import type { ServerWritableStream } from '@grpc/grpc-js';
import type { WatchEventsRequest, WatchEventsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import type { QueryContext } from './context.ts';
import { parseFilter, passing } from './filter.ts';
import { servingStream } from './serving-stream.ts';

type Call = ServerWritableStream<WatchEventsRequest, WatchEventsResponse>;

/** Sends what is committed, as fast as the receiver takes it. */
export async function watchEvents(context: QueryContext, call: Call): Promise<void> {
  await servingStream(context, call, async (send, signal) => {
    const passes = passing(parseFilter(call.request.filter));
    const { cursor } = call.request;
    let begun = false;
    for await (const page of context.repository.events.follow(cursor === '' ? undefined : cursor, signal)) {
      const events = page.events.filter(passes).map(eventToWire);
      if (!begun) await send({ events: [], cursor: cursor === '' ? page.cursor : cursor });
      begun = true;
      if (events.length > 0) await send({ events, cursor: page.cursor });
    }
  });
}
