import { ApiError, ask } from './api.ts';
import type { Contact } from './connection.ts';
import { type ServerSentEvent, ServerSentEventParser } from './sse-parser.ts';

export interface LiveStreamOptions {
  readonly onEvent: (event: ServerSentEvent) => void;
  readonly onContact: (contact: Contact) => void;
  /** Who is not signed in, or no longer, is not let in by trying again. */
  readonly onRefused: (error: ApiError) => void;
}

/** Heartbeats come every 15 s: nothing for so long is a dead connection. */
const silenceMsMax = 35_000;
const [retryMsMin, retryMsMax] = [1000, 15_000];

/** Listens until the signal, and connects again whenever the stream ends. */
export async function keepListening(options: LiveStreamOptions, signal: AbortSignal): Promise<void> {
  let lastEventId: string | undefined;
  let failures = 0;
  let lostAtMs: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const event of eventsOf(lastEventId, signal)) {
        lastEventId = event.id ?? lastEventId;
        failures = 0;
        lostAtMs = undefined;
        options.onEvent(event);
        if (event.event === 'heartbeat') options.onContact({ type: 'connected' });
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        options.onRefused(error);
        return;
      }
      failures++;
      if (error instanceof ApiError && error.retryAfterMs > 0) await pause(error.retryAfterMs, signal);
    }
    if (signal.aborted) return;
    lostAtMs ??= Date.now();
    options.onContact({ type: 'lost', sinceMs: lostAtMs });
    // Pages that lost the same server do not come back at the same moment.
    const waitMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures, 4));
    await pause(waitMs * (0.5 + Math.random() / 2), signal);
  }
}

async function* eventsOf(lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
  const dead = new AbortController();
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  let timer = setTimeout(() => dead.abort(), silenceMsMax);
  try {
    const response = await ask('/api/v1/live', { headers, signal: AbortSignal.any([signal, dead.signal]) });
    if (response.body === null) return;
    const parser = new ServerSentEventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => dead.abort(), silenceMsMax);
      yield* parser.take(value);
    }
  } finally {
    clearTimeout(timer);
    dead.abort();
  }
}

/** Ends early with the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = () => resolve();
  signal.addEventListener('abort', end);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  });
}
