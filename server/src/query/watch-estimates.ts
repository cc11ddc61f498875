import type { ServerWritableStream } from '@grpc/grpc-js';
import type { WatchEstimatesRequest, WatchEstimatesResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { QueryContext } from './context.ts';
import { estimateToWire } from './estimate-wire.ts';
import { linkName, parseLinks } from './link-ends.ts';
import type { NewestEstimates } from './newest-estimates.ts';
import { servingStream } from './serving-stream.ts';

type Call = ServerWritableStream<WatchEstimatesRequest, WatchEstimatesResponse>;

/** Sends the newest estimate of each link, and then what is newer. */
export async function watchEstimates(context: QueryContext, newest: NewestEstimates, call: Call): Promise<void> {
  await servingStream(context, call, async (send, signal) => {
    const wanted = new Set(parseLinks(call.request.links).map(linkName));
    const sent = new Map<string, string>();
    let begun = false;
    for await (const all of newest.watch(signal)) {
      const fresh = all.filter((each) => {
        const name = linkName(each);
        const version = `${each.timeMs} ${each.revision}`;
        if ((wanted.size > 0 && !wanted.has(name)) || sent.get(name) === version) return false;
        sent.set(name, version);
        return true;
      });
      if (fresh.length > 0 || !begun) await send({ estimates: fresh.map(estimateToWire) });
      begun = true;
    }
  });
}
