import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecuredServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A post as it came. */
export interface Post {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** For tests: who takes notices, and how it answers. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they came. */
  readonly posts: readonly Post[];
  /** What is done from now on with the next posts. */
  answer: (response: ServerResponse) => void;
  /** Resolves when so many have come. */
  came(count: number): Promise<void>;
}

export async function startWebhookReceiver(
  tls?: { readonly cert: Buffer; readonly key: Buffer },
  port = 0,
): Promise<WebhookReceiver> {
  const posts: Post[] = [];
  const waiting = new Set<() => void>();
  const receiver = { answer: (response: ServerResponse) => void response.writeHead(204).end() };
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const part of request) body += String(part);
    posts.push({ headers: request.headers, body });
    for (const wake of waiting) wake();
    receiver.answer(response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => void take(request, response).catch(() => {});
  const server = tls === undefined ? createServer(listener) : createSecuredServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return Object.assign(receiver, {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}/hook`,
    posts,
    came: async (count: number) => {
      while (posts.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
