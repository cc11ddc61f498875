import type { ServerWritableStream } from '@grpc/grpc-js';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { WatchEventsRequest, WatchEventsResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { statusOfError } from '@tdc/shared/grpc-status.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { drained } from '../drain.ts';
import type { QueryContext } from './context.ts';
import { parseFilter, passing } from './filter.ts';

type Call = ServerWritableStream<WatchEventsRequest, WatchEventsResponse>;

/** Sends what is committed, as fast as the receiver takes it: a slow one is behind, and costs no memory. */
export async function watchEvents({ repository, shutdown }: QueryContext, call: Call): Promise<void> {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort(new UnavailableError('the receiver has gone away')));
  const endForShutdown = () => gone.abort(new UnavailableError('the server is shutting down'));
  shutdown.addEventListener('abort', endForShutdown);
  if (shutdown.aborted) endForShutdown();
  try {
    const passes = passing(parseFilter(call.request.filter));
    const { cursor } = call.request;
    let begun = false;
    for await (const page of repository.events.follow(cursor === '' ? undefined : cursor, gone.signal)) {
      const events = page.events.filter(passes).map(eventToWire);
      if (!begun) await send(call, { events: [], cursor: cursor === '' ? page.cursor : cursor }, gone.signal);
      begun = true;
      if (events.length > 0) await send(call, { events, cursor: page.cursor }, gone.signal);
    }
  } catch (error) {
    call.emit('error', statusOfError(error));
  } finally {
    shutdown.removeEventListener('abort', endForShutdown);
  }
}

async function send(call: Call, response: WatchEventsResponse, signal: AbortSignal): Promise<void> {
  if (!call.write(response)) await drained(call, signal);
}
