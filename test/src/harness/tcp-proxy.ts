import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'to-server' | 'to-client';

/**
 * What happens to a connection once so many bytes have passed in a direction:
 * `cut`: both sides are reset; `swallow`: that direction's bytes vanish while the connection stays open; `black-hole`:
 * those of both directions do.
 */
export interface ConnectionFault {
  readonly kind: 'cut' | 'swallow' | 'black-hole';
  readonly direction: Direction;
  readonly afterBytes: number;
}

/** A connection through the proxy, with all that either side sent. */
export class ProxiedConnection {
  readonly sent: Record<Direction, Buffer[]> = { 'to-server': [], 'to-client': [] };
  readonly #bytes: Record<Direction, number> = { 'to-server': 0, 'to-client': 0 };
  readonly #swallows: Record<Direction, boolean> = { 'to-server': false, 'to-client': false };
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #fault: ConnectionFault | undefined;

  constructor(client: Socket, server: Socket, fault: ConnectionFault | undefined) {
    this.#client = client;
    this.#server = server;
    this.#fault = fault;
    this.#pipe('to-server', client, server);
    this.#pipe('to-client', server, client);
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  swallow(direction: Direction): void {
    this.#swallows[direction] = true;
  }

  #pipe(direction: Direction, from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => {
      this.sent[direction].push(bytes);
      this.#bytes[direction] += bytes.length;
      const excess = this.#excessOfFault(direction);
      const passed = excess === undefined ? bytes : bytes.subarray(0, Math.max(0, bytes.length - excess));
      if (!this.#swallows[direction]) to.write(passed);
      if (excess !== undefined) this.#strike();
    });
    from.on('close', () => to.destroy());
    // A reset by either side reaches the other through close.
    from.on('error', () => {});
  }

  #excessOfFault(direction: Direction): number | undefined {
    if (this.#fault?.direction !== direction) return undefined;
    const excess = this.#bytes[direction] - this.#fault.afterBytes;
    return excess < 0 ? undefined : excess;
  }

  #strike(): void {
    if (this.#fault?.kind === 'cut') this.cut();
    else if (this.#fault !== undefined) this.swallow(this.#fault.direction);
    if (this.#fault?.kind === 'black-hole') {
      this.swallow('to-server');
      this.swallow('to-client');
    }
  }
}

/**
 * A real TCP proxy on a port of its own: clients stay with its address while the server behind it comes, goes and moves.
 * Without a target, connections are refused by a reset.
 */
export class TcpProxy implements AsyncDisposable {
  readonly connections: ProxiedConnection[] = [];
  /** `host:port`; undefined for a server that is away. */
  target: string | undefined;
  /** The fault of the next connections, one each; afterwards they have none. */
  readonly faults: ConnectionFault[] = [];
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#listener = createServer((client) => this.#accept(client));
  }

  static async start(target?: string): Promise<TcpProxy> {
    const proxy = new TcpProxy();
    proxy.target = target;
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Every byte of every connection so far, in one direction. */
  captured(direction: Direction): Buffer {
    return Buffer.concat(this.connections.flatMap((connection) => connection.sent[direction]));
  }

  cutAll(): void {
    for (const connection of this.connections) connection.cut();
  }

  /** The server goes away for all, until there is a target again. */
  leave(): void {
    this.target = undefined;
    this.cutAll();
  }

  #accept(client: Socket): void {
    if (this.target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const [host = '', port = ''] = this.target.split(':');
    const server = connect({ host, port: Number(port), noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    this.connections.push(new ProxiedConnection(client, server, this.faults.shift()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
