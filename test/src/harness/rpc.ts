import { type CallOptions, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { AgentServiceClient } from '@tdc/shared/generated/tdc/v1/agent.ts';
import { BoxMailServiceClient } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { ListEventsRequest, Order, QueryServiceClient } from '@tdc/shared/generated/tdc/v1/query.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** A unary call as a promise; rejects with the ServiceError. */
export function ask<Request, Response>(
  client: object,
  method: Unary<Request, Response>,
  request: Request,
  timeoutMs = 20_000,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(client, request, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

interface Connection<Client> extends Disposable {
  readonly client: Client;
}

function connection<Client extends { close(): void }>(client: Client): Connection<Client> {
  return { client, [Symbol.dispose]: () => client.close() };
}

export const collectorAt = (address: string) =>
  connection(new CollectorServiceClient(address, credentials.createInsecure()));
/** On the port of the collector. */
export const boxMailAt = (address: string) =>
  connection(new BoxMailServiceClient(address, credentials.createInsecure()));
export const queryAt = (address: string) => connection(new QueryServiceClient(address, credentials.createInsecure()));

/** Makes detectors known, in a row on a made-up plane. */
export async function putDetectors(collectorAddress: string, ids: readonly string[]): Promise<void> {
  using collector = collectorAt(collectorAddress);
  for (const [index, id] of ids.entries()) {
    await ask(collector.client, collector.client.putDetector, {
      detector: { id, name: '', position: { $case: 'plane', value: { xM: index * 1000, yM: 0 } } },
    });
  }
}

/** All events that match, read page by page to the last. */
export async function listEvents(
  queryAddress: string,
  { detectorIds = [] as readonly string[], order = Order.ORDER_OLDEST_FIRST as Order, pageSize = 1000 } = {},
): Promise<readonly Event[]> {
  using query = queryAt(queryAddress);
  const events: Event[] = [];
  let pageToken = '';
  do {
    const request = ListEventsRequest.fromPartial({
      filter: { detectorIds: [...detectorIds], kinds: [], deviceId: '' },
      order,
      pageSize,
      pageToken,
    });
    const page = await ask(query.client, query.client.listEvents, request);
    if (page.events.length > pageSize) throw new Error(`a page of ${page.events.length}, asked for ${pageSize}`);
    events.push(...page.events);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return events;
}

/** What a running agent says of itself over the socket in its state directory; undefined while it does not answer. */
export async function agentStatus(stateDirectory: string): Promise<AgentStatus | undefined> {
  using agent = connection(
    new AgentServiceClient(`unix:${stateDirectory}/agent.sock`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    }),
  );
  try {
    return (await ask(agent.client, agent.client.getStatus, {}, 2000)).status;
  } catch {
    return undefined;
  }
}
