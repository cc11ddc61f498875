import type { ServerResponse } from 'node:http';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { drained } from '../../drain.ts';
import { silentAfterSecondsDefault } from '../../query/detector-health.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { lasting } from '../lasting.ts';
import { type Listening, LiveFeed } from '../live-feed.ts';
import { problemResponses, readingAs } from './reading.ts';

export interface LiveOptions extends HttpContext {
  /** A listener that takes nothing for so long is cut off. */
  readonly slowReaderMs: number;
}

const eventStream = { description: 'Server-sent events.', content: { 'text/event-stream': { schema: z.string() } } };
const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // For proxies that would gather it.
  'x-accel-buffering': 'no',
};
const description = `Events, each with one JSON object as its data:
\`begin\` with \`resumed\`: whether what follows continues where \`Last-Event-ID\` ended; otherwise forget what you have, as everything follows.
\`estimate\`: the newest Estimate of a link. \`detector\`: a Detector whose state has changed. \`alert\`: an Alert that was opened, acknowledged or closed.
\`heartbeat\` after each change and every 15 s, with \`time\`, \`stale_since\`, \`problem\` and \`events_per_minute\`: up to its id you know everything.
A listener that is slow, or was away, gets the newest alone: what was overtaken meanwhile is in the history.`;

/** What changes, as it does. */
export function addLiveRoute(app: HttpApp, options: LiveOptions): LiveFeed {
  const { slowReaderMs } = options;
  const feed = new LiveFeed({ ...options, silentAfterMs: silentAfterSecondsDefault * 1000 });
  app.get(
    '/api/v1/live',
    {
      config: readingAs('watchEstimates'),
      compress: false,
      exposeHeadRoute: false,
      schema: {
        operationId: 'live',
        summary: 'Estimates as they are published, and detectors whose state changes',
        description,
        tags: ['travel times'],
        querystring: z.strictObject({}),
        headers: z.looseObject({
          'last-event-id': z.string().max(100).optional().describe('The id of the last event that came.'),
        }),
        response: { 200: eventStream, ...problemResponses },
      },
    },
    async (request, reply) => {
      using lasts = lasting(request, options);
      const { signal } = lasts;
      using listening = await feed.open(request.headers['last-event-id'], signal);
      reply.hijack();
      const headers = { ...reply.getHeaders(), ...streamHeaders };
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(name, value);
      reply.raw.writeHead(200);
      await sendAll(listening, reply.raw, slowReaderMs, signal);
    },
  );
  return feed;
}

/** Until the signal, or until the listener has taken nothing for too long. */
async function sendAll({ pieces }: Listening, response: ServerResponse, slowReaderMs: number, signal: AbortSignal) {
  const slow = new AbortController();
  try {
    for await (const piece of pieces) {
      if (response.write(piece)) continue;
      const cut = setTimeout(() => slow.abort(new UnavailableError('the listener takes nothing')), slowReaderMs);
      await drained(response, AbortSignal.any([signal, slow.signal])).finally(() => clearTimeout(cut));
    }
  } catch (error) {
    if (!signal.aborted && !slow.signal.aborted) throw error;
  } finally {
    if (slow.signal.aborted) response.destroy();
    else response.end();
  }
}
