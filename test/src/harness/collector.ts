import type { RunPlace } from './run-place.ts';
import { type RunningServer, startServerBehind } from './server.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface CollectorOptions {
  /** Tells it from others; where it is cut off from, if anywhere. */
  readonly name: string;
  readonly directory: string;
  readonly place: RunPlace;
  readonly etcdEndpoints: readonly string[];
}

/** A collector over etcd that may be killed and started again, behind a proxy whose address stays. */
export class Collector implements AsyncDisposable {
  readonly name: string;
  readonly proxy: TcpProxy;
  readonly #options: CollectorOptions;
  server: RunningServer | undefined;

  private constructor(options: CollectorOptions, proxy: TcpProxy) {
    this.name = options.name;
    this.#options = options;
    this.proxy = proxy;
  }

  static async start(options: CollectorOptions): Promise<Collector> {
    const collector = new Collector(options, await TcpProxy.start());
    await collector.start();
    return collector;
  }

  async start(): Promise<void> {
    const { directory, place, etcdEndpoints } = this.#options;
    this.server = await startServerBehind(
      place.command,
      directory,
      ...['--repository', 'etcd', '--etcd-endpoints', etcdEndpoints.join(',')],
      ...['--host', place.host, '--allow-plaintext'],
    );
    this.proxy.target = this.server.collector;
  }

  signal(signal: NodeJS.Signals): void {
    this.server?.program.kill(signal);
  }

  async kill(): Promise<void> {
    this.proxy.target = undefined;
    await this.server?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.proxy[Symbol.asyncDispose]();
  }
}
