import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The open connections of a port, so that those without a request are not waited for when it closes. */
export class Connections {
  readonly #idle = new Set<Socket>();
  #closing = false;

  add(socket: Socket): void {
    this.#idle.add(socket);
    socket.once('close', () => this.#idle.delete(socket));
  }

  /** Counts a connection as busy until its answer is complete. */
  busyWith(socket: Socket, response: ServerResponse): void {
    this.#idle.delete(socket);
    if (this.#closing) response.setHeader('connection', 'close');
    response.once('close', () => {
      if (this.#closing) socket.end();
      else if (!socket.destroyed) this.#idle.add(socket);
    });
  }

  /** Ends those that are idle, and the others after their answers. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#idle) socket.destroy();
  }
}
