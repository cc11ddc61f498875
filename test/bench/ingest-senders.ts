/**
 * The agents' side of ingest.ts: a connection and a stream for each detector, four batches in flight on each. Batches are
 * encoded beforehand: one process that stands for twenty boxes would else be measured, and not the collector.
 */
import { credentials } from '@grpc/grpc-js';
import {
  CollectorServiceClient,
  CollectorServiceService,
  StreamEventsRequest,
  type StreamEventsResponse,
} from '@tdc/shared/generated/tdc/v1/collector.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { agentBatches } from './ingest-load.ts';

const batchesInFlight = 4;
const [address = ''] = process.argv.slice(2);

function connect(): CollectorServiceClient {
  return new CollectorServiceClient(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
}

const { path, responseDeserialize } = CollectorServiceService.streamEvents;
const asIs = (bytes: Buffer) => bytes;

function send(client: CollectorServiceClient, batches: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(path, asIs, responseDeserialize);
    let sent = 0;
    let acknowledged = 0;
    const sendMore = () => {
      while (sent < batches.length && sent - acknowledged < batchesInFlight) {
        call.write(batches[sent] ?? Buffer.alloc(0));
        sent++;
      }
      if (acknowledged === batches.length) call.end();
    };
    call.on('data', ({ rejected }: StreamEventsResponse) => {
      if (rejected[0] !== undefined) reject(new Error(rejected[0].message));
      acknowledged++;
      sendMore();
    });
    call.on('error', reject);
    call.on('end', resolve);
    sendMore();
  });
}

const perDetector = new Map<string, Buffer[]>();
for (const batch of agentBatches(Date.now())) {
  const detectorId = batch[0]?.detectorId ?? '';
  const queue = perDetector.get(detectorId) ?? [];
  const request = { batch: BigInt(queue.length + 1), events: batch.map(eventToWire) };
  perDetector.set(detectorId, [...queue, Buffer.from(StreamEventsRequest.encode(request).finish())]);
}
const clients = new Map([...perDetector.keys()].map((detectorId) => [detectorId, connect()]));
for (const [detectorId, client] of clients) {
  const detector = { id: detectorId, name: '', position: { $case: 'plane', value: { xM: 0, yM: 0 } } } as const;
  await callUnary(client, client.putDetector, { detector }, { timeoutMs: 10_000 });
}
const startMs = performance.now();
await Promise.all([...clients].map(([detectorId, client]) => send(client, perDetector.get(detectorId) ?? [])));
process.send?.((performance.now() - startMs) / 1000);
for (const client of clients.values()) client.close();
process.disconnect();
