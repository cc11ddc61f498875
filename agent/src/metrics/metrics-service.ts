import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import type { Registry } from 'prom-client';
import type { AgentLog } from '../agent-options.ts';
import type { MetricsPlace } from './metrics-options.ts';
import { statusMetrics } from './status-metrics.ts';

export interface MetricsServiceOptions {
  readonly place: MetricsPlace;
  /** Undefined while the agent begins anew. */
  readonly status: () => AgentStatus | undefined;
  /** Of the process. */
  readonly registry: Registry;
  readonly log: AgentLog;
}

const connectionsMax = 16;
const requestMsMax = 5_000;
const tryAgainMs = 30_000;

/** Answers Prometheus. A port that is taken is told, and tried again: the agent works without. */
export class MetricsService implements AsyncDisposable {
  readonly #options: MetricsServiceOptions;
  readonly #server: Server;
  #again: NodeJS.Timeout | undefined;
  #trouble: string | undefined;

  constructor(options: MetricsServiceOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        requestTimeout: requestMsMax,
        headersTimeout: requestMsMax,
        connectionsCheckingInterval: 1000,
        maxHeaderSize: 8192,
        keepAliveTimeout: requestMsMax,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = connectionsMax;
    this.#server.on('error', (error) => this.#onError(error));
  }

  /** Begins to listen, now or when it can. */
  start(): void {
    const { host, port } = this.#options.place;
    this.#server.listen({ host, port }, () => {
      this.#trouble = undefined;
      this.#options.log.info({ address: this.address }, 'answers Prometheus');
    });
  }

  /** Where it listens, host:port; undefined while it does not. */
  get address(): string | undefined {
    const bound = this.#server.address() as AddressInfo | null;
    if (bound === null) return undefined;
    return `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#again);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (code: number, text: string) =>
      response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    request.resume();
    const [path] = (request.url ?? '').split('?');
    if (path !== '/metrics') return void refuse(404, 'expected /metrics');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return void refuse(405, `${request.method}: expected GET`);
    }
    const status = this.#options.status();
    if (status === undefined) return void refuse(503, 'the agent begins anew with another configuration');
    void this.#text(status).then(
      (text) =>
        response
          .writeHead(200, { 'content-type': this.#options.registry.contentType, 'cache-control': 'no-store' })
          .end(request.method === 'HEAD' ? undefined : text),
      (error: unknown) => {
        this.#options.log.error({ err: error }, 'metrics could not be told');
        refuse(500, 'metrics could not be told: the log says why');
      },
    );
  }

  async #text(status: AgentStatus): Promise<string> {
    const parts = await Promise.all([statusMetrics(status).metrics(), this.#options.registry.metrics()]);
    return parts.join('\n');
  }

  /** Told once for as long as it stays the same. */
  #onError(error: Error): void {
    if (error.message !== this.#trouble) this.#options.log.error({}, `no metrics for Prometheus: ${error.message}`);
    this.#trouble = error.message;
    this.#again = setTimeout(() => this.start(), tryAgainMs);
  }
}
