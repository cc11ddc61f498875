import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
  type status,
} from '@grpc/grpc-js';
import {
  CollectorServiceService,
  type ReportStatusRequest,
  type ReportStatusResponse,
  type StreamEventsRequest,
  type StreamEventsResponse,
} from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';

export type PeerStream = ServerDuplexStream<StreamEventsRequest, StreamEventsResponse>;

/** What the peer does with a batch. */
export type Answer = (request: StreamEventsRequest, stream: PeerStream) => void;

export const acknowledge: Answer = (request, stream) => {
  stream.write({ batch: request.batch, recorded: request.events.length, rejected: [] });
};

export const keepSilent: Answer = () => {};

export const refuse =
  (code: status, details: string): Answer =>
  (_, stream) => {
    stream.emit('error', { code, details } as Partial<ServiceError>);
  };

/** The collector's side of a connection on loopback, for tests: it keeps what it gets and answers as it is told. */
export class CollectorPeer implements AsyncDisposable {
  readonly batches: StreamEventsRequest[] = [];
  readonly statuses: AgentStatus[] = [];
  streams = 0;
  answer: Answer = acknowledge;
  statusError: Partial<ServiceError> | null = null;
  #server = this.#newServer();
  #port = 0;

  static async start(): Promise<CollectorPeer> {
    const peer = new CollectorPeer();
    await peer.listen();
    return peer;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Ids of all events received, in order, those that were sent again among them. */
  get ids(): readonly string[] {
    return this.batches.flatMap(({ events }) => events.map(({ id }) => id));
  }

  /** Listens, on the port it had before if it had one. */
  async listen(): Promise<void> {
    this.#server = this.#newServer();
    this.#port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(this.address, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
  }

  /** Cuts every connection and stops listening. */
  goAway(): void {
    this.#server.forceShutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goAway();
  }

  #newServer(): Server {
    const server = new Server();
    server.addService(CollectorServiceService, {
      streamEvents: (stream: PeerStream) => {
        this.streams += 1;
        stream.on('data', (request: StreamEventsRequest) => {
          this.batches.push(request);
          this.answer(request, stream);
        });
        stream.on('end', () => stream.end());
        stream.on('error', () => {});
      },
      reportStatus: (
        { request }: ServerUnaryCall<ReportStatusRequest, ReportStatusResponse>,
        callback: sendUnaryData<ReportStatusResponse>,
      ) => {
        if (request.status !== undefined) this.statuses.push(request.status);
        callback(this.statusError, {});
      },
    });
    return server;
  }
}
